//! Plans, findings and outcomes turned into bytes. All colour and all escaping live here: text from
//! the service or from a manifest passes `escape` on its way out.

mod brief;
mod command;
mod conversation;
mod document;
mod drafts;
mod escape;
mod findings;
mod imports;
mod outcomes;
mod plan;
mod status;
mod style;
mod table;
mod value;
mod wrap;

pub(crate) use brief::{finding, step, stepped};
pub use conversation::conversation_json;
pub use document::{document, record};
pub use drafts::draft;
pub use escape::{in_json, in_output, on_one_line};
pub use findings::{annotations, findings, findings_json, verdict, verdict_json, verdict_sarif};
pub use imports::{import, imported, strangers};
pub use outcomes::{outcome, outcomes};
pub use plan::{Form, Marks, Report, SUMMARY, Setting, redacted, redacted_outcomes, waiting};
pub(crate) use plan::{counts, ended};
pub use status::{State, Status, statuses, statuses_json};
pub(crate) use style::{BLOCKED, CHANGED, FAINT, REMOVED, STRONG};
pub use table::{Line, table};
pub(crate) use value::counted;
pub(crate) use wrap::{Span, line, wrap};
