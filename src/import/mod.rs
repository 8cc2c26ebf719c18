//! Live personas to the files that somebody would have written by hand. Pure: documents in, files out.
//!
//! `newcomer` says what each persona is called in the directory, by the words that `key` makes of names; `draft` makes
//! its document into what a manifest says, and `proof` leaves out what no manifest could; `files` writes that down, with
//! long texts and shared tools in files of their own; `trial` shows that the next plan is empty.

use crate::model::Key;

mod draft;
mod files;
mod key;
mod newcomer;
mod proof;
mod trial;

pub use draft::{Draft, Left, draft};
pub use files::{Existing, FOLDERS, File, files};
pub use key::Taken;
pub use newcomer::{Newcomer, Pin, Who, newcomers};
pub use trial::{Trial, Tried};

/// What becomes of live personas.
#[derive(Debug, Default)]
pub struct Import {
    /// Those that get a manifest.
    pub drafts: Vec<Draft>,
    /// The files to be written for them.
    pub files: Vec<File>,
    /// Those that do not.
    pub refused: Vec<Refused>,
}

impl Import {
    /// Leaves a persona out.
    pub fn refuse(&mut self, who: &Who, reason: String) {
        let who = who.clone();
        self.refused.push(Refused { who, reason });
    }

    /// Leaves a persona out that was drafted already.
    pub fn withdraw(&mut self, key: &Key, reason: String) {
        let mut drafts = self.drafts.iter();
        if let Some(at) = drafts.position(|draft| draft.who.key == *key) {
            let who = self.drafts.remove(at).who;
            self.refused.push(Refused { who, reason });
        }
    }
}

/// A persona that no manifest could describe.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The persona.
    pub who: Who,
    /// Why.
    pub reason: String,
}
