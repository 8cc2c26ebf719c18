//! The live page in a real browser: it shows what is served, and keeps what its reader has set.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use personactl::model::{Digest, Key, PersonaId, Pointer};
use personactl::plan::{Action, Base, Cause, Entry, FieldChange, Plan, Revision, Step};
use personactl::render::{self, Form, Report, Setting};
use personactl::serve::{self, Server};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::page::browser;
#[cfg(unix)]
use crate::support::Watching;
use crate::support::{Browser, Canned, Scripts, Site};

/// A server of the live page, which ends as a program that is killed.
struct Live {
    server: Server,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    fn start() -> Self {
        Self::on("127.0.0.1:0".parse().expect("an address"))
    }

    fn on(address: SocketAddr) -> Self {
        let (tell, told) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        let thread = thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let server = serve::start(address, render::waiting).await;
                tell.send(server.expect("it listens")).expect("it is heard");
                let _ = ended.await;
            });
        });
        Self {
            server: told.recv().expect("it starts"),
            end: Some(end),
            thread: Some(thread),
        }
    }

    fn show(&mut self, steps: &[Step]) {
        let plan = Plan {
            environment: "staging".to_owned(),
            steps: steps.to_vec(),
            ..Plan::default()
        };
        self.server.show(|version| {
            let setting = Setting {
                live: Some(version),
                ..Setting::default()
            };
            let report = Report {
                plan: &plan,
                id: Digest::unset(),
                outcomes: None,
                setting,
            };
            report.render(Form::Html)
        });
    }

    fn tell(&mut self, notice: &str) {
        let notice = (!notice.is_empty()).then(|| notice.to_owned());
        self.server.tell(notice);
    }

    fn url(&self) -> String {
        format!("http://{}/", self.server.address())
    }

    /// Ends all connections, and lets go of the port.
    fn kill(mut self) -> SocketAddr {
        self.end();
        self.server.address()
    }

    fn end(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it ends");
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.end();
    }
}

fn field(name: &str, before: Option<&str>, after: &str) -> FieldChange {
    FieldChange {
        path: Pointer::root().join(name),
        cause: Cause::Change,
        before: before.map(|before| json!(before)),
        after: Some(json!(after)),
        secret: false,
        place: None,
    }
}

/// A persona whose prompt becomes this.
fn persona(key: &str, prompt: &str) -> Step {
    let revision = Revision {
        id: PersonaId::new("p1").expect("an id"),
        base: Base::default(),
        requests: Vec::new(),
    };
    Step {
        key: Key::new(key),
        file: None,
        persona_id: PersonaId::new("p1"),
        persona_name: "Ana".to_owned(),
        action: Action::Update(revision),
        reason: None,
        fields: vec![
            // What is its own keeps it from being told together with another one.
            field("context", Some("x"), key),
            field("system_prompt", Some("Be kind.\nBe brief."), prompt),
        ],
        unmanaged: vec![Pointer::root().join("greeting")],
        unavailable: BTreeSet::new(),
        ignore: Vec::new(),
        binding: None,
        rivals: BTreeSet::new(),
        entry: Entry::Fixed(None),
    }
}

fn prompt(beginning: &str) -> String {
    let mut prompt = format!("{beginning}\n");
    for number in 0..12 {
        writeln!(prompt, "Rule {number}: wait for the whole answer.").expect("a string takes all");
    }
    prompt
}

/// So many personas.
fn personas(count: usize) -> Vec<Step> {
    let all = 0..count;
    all.map(|number| persona(&format!("agent-{number:04}"), &prompt("Be fair.")))
        .collect()
}

/// An expression for the article of a persona.
fn article(key: &str) -> String {
    format!(
        "[...document.querySelectorAll('article')].find(a => a.querySelector('bdi.key')?.textContent === '{key}')"
    )
}

fn count(browser: &Browser, what: &str) -> Value {
    browser.run(&format!(
        "return [...document.querySelectorAll('{what}')].filter(e => e.checkVisibility()).length"
    ))
}

#[test]
fn the_page_shows_the_first_plan_and_each_that_follows() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let mut live = Live::start();
    browser.open(&live.url());
    assert_eq!(
        browser.run("return document.querySelector('h2').textContent"),
        "The first plan is being made"
    );
    live.show(&personas(3));
    browser.until("document.querySelectorAll('article').length === 3");
    // The report's script runs, and runs once.
    for number in 0..3 {
        browser.press("/");
        browser.press("0002");
        assert_eq!(count(&browser, "article"), 1);
        browser.press("\u{e00c}");
        browser.press("s");
        let chosen = browser.run("return document.getElementById('view-beside').checked");
        assert_eq!(chosen, number % 2 == 0);
        let told = format!("Be number {number}.");
        live.show(&[personas(3), vec![persona("eva", &told)]].concat());
        browser.until(&format!("document.body.innerText.includes('{told}')"));
        assert_eq!(count(&browser, "article"), 4);
    }
    live.show(&[]);
    browser.until("document.body.innerText.includes('Nothing to do')");
    live.show(&personas(2));
    browser.until("document.querySelectorAll('article').length === 2");
    let fetched =
        "return performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)";
    let fetched = browser.run(fetched);
    let fetched = fetched.as_array().expect("a list").iter();
    let others: Vec<_> = fetched
        .filter(|path| *path != "/" && *path != "/events")
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert_eq!(browser.complaints(), json!([]));
}

#[test]
fn what_the_reader_has_set_stays_as_it_is() {
    is_kept_of(20);
}

/// Of so many, only those in sight are laid out.
#[test]
fn what_the_reader_has_set_stays_as_it_is_on_a_long_page() {
    is_kept_of(150);
}

fn is_kept_of(many: usize) {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let mut live = Live::start();
    let mut steps = personas(many);
    live.show(&steps);
    browser.open(&live.url());
    browser.click("label:has(#scheme-dark)");
    browser.click("label:has(#view-beside)");
    browser.press("/");
    browser.press("agent prompt");
    browser.press("\u{e012}\u{e012}");
    let run = |script: &str| browser.run(script);
    run(&format!(
        "{}.querySelector('details').open = false",
        article("agent-0012")
    ));
    run(&format!(
        "{}.querySelector('.unmanaged').open = true",
        article("agent-0010")
    ));
    let here = format!("{}.querySelectorAll('.field')[1]", article("agent-0010"));
    run(&format!("{here}.scrollIntoView(); scrollBy(0, -200)"));
    // What is in sight is laid out when it is drawn.
    browser.until(&format!(
        "Math.abs({here}.getBoundingClientRect().top - 200) < 2 || scrollBy(0, {here}.getBoundingClientRect().top - 200)"
    ));

    // Those are marked for a moment that say something else.
    run("window.fresh = [];
         const keep = ({ target }) => target.matches('article.fresh') && fresh.push(target.querySelector('bdi.key').textContent);
         new MutationObserver((seen) => seen.forEach(keep)).observe(document, { subtree: true, attributeFilter: ['class'] })");
    // Above, one is gone, one is new, and one has grown; so has the one in sight.
    steps.remove(2);
    steps.insert(0, persona("agent-", "Be new."));
    steps[5] = persona("agent-0005", &prompt(&"Be patient.\n".repeat(60)));
    steps[10] = persona("agent-0010", &prompt("Be there."));
    assert_eq!(steps[10].key, Key::new("agent-0010"));
    live.show(&steps);
    browser.until("document.body.textContent.includes('Be there.')");
    browser.until(&format!(
        "Math.abs({here}.getBoundingClientRect().top - 200) < 2"
    ));

    let set = "const { activeElement: e } = document; return [
        e.id, e.value, e.selectionStart, document.getElementById('hits').textContent,
        document.getElementById('view-beside').checked, document.getElementById('scheme-dark').checked]";
    let hits = format!("{many} of {many} personas");
    assert_eq!(
        run(set),
        json!(["query", "agent prompt", 10, hits, true, true])
    );
    let folded = "return [...document.querySelectorAll('details.persona:not([open])')].map(d => d.querySelector('bdi.key').textContent)";
    assert_eq!(run(folded), json!(["agent-0012"]));
    let unfolded = "return [...document.querySelectorAll('.unmanaged[open]')].map(d => d.closest('article').querySelector('bdi.key').textContent)";
    assert_eq!(run(unfolded), json!(["agent-0010"]));
    // Those are marked that say something else.
    assert_eq!(
        run("return fresh"),
        json!(["agent-", "agent-0005", "agent-0010"])
    );

    // It is so even after a plan with nothing to do.
    live.show(&[]);
    browser.until("!document.querySelector('article')");
    live.show(&steps);
    browser.until("document.querySelector('article')");
    assert_eq!(run(folded), json!(["agent-0012"]));
    assert_eq!(
        run("return document.getElementById('hits').textContent"),
        hits
    );
    assert_eq!(browser.complaints(), json!([]));
}

#[test]
fn the_focus_stays_with_its_persona() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let mut live = Live::start();
    let mut steps = personas(5);
    live.show(&steps);
    browser.open(&live.url());
    for what in ["article summary", ".index a"] {
        let wanted = format!(
            "[...document.querySelectorAll('{what}')].find(e => e.textContent.includes('agent-0003'))"
        );
        browser.run(&format!("{wanted}.focus()"));
        steps.remove(0);
        live.show(&steps);
        let length = steps.len();
        browser.until(&format!(
            "document.querySelectorAll('article').length === {length}"
        ));
        browser.until(&format!("document.activeElement === {wanted}"));
    }
}

#[test]
fn a_lost_server_is_told_and_its_successor_found() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let mut live = Live::start();
    live.show(&personas(2));
    browser.open(&live.url());
    let is_lost = "document.getElementById('lost').checkVisibility()";
    browser.until(&format!("!{is_lost}"));
    let address = live.kill();
    browser.until(is_lost);
    assert_eq!(count(&browser, "article"), 2);
    let mut live = Live::on(address);
    live.show(&personas(3));
    browser.until("document.querySelectorAll('article').length === 3");
    browser.until(&format!("!{is_lost}"));
}

#[test]
fn a_notice_stands_above_the_page_for_as_long_as_it_is_told() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let mut live = Live::start();
    live.tell("error: <img src=/x>\n  --> ana.yaml:1");
    browser.open(&live.url());
    let notice = "document.getElementById('notice')";
    browser.until(&format!("{notice}.checkVisibility()"));
    live.show(&personas(20));
    browser.until("document.querySelector('article')");
    browser.run("scrollTo(0, 2000)");
    let seen = format!(
        "const notice = {notice}; return [notice.innerText, notice.getBoundingClientRect().top, notice.childElementCount]"
    );
    let told = "error: <img src=/x>\n  --> ana.yaml:1";
    assert_eq!(browser.run(&seen), json!([told, 0, 0]));
    // What else stays at the top stays below it.
    let covered = format!(
        "const {{ bottom }} = {notice}.getBoundingClientRect();
         const heads = [...document.querySelectorAll('.persona > summary')].map(e => e.getBoundingClientRect());
         return heads.filter(head => head.top < bottom - 1 && head.bottom > 1).length"
    );
    browser.until(&format!("(() => {{ {covered} }})() === 0"));
    live.tell("");
    browser.until(&format!("!{notice}.checkVisibility()"));
    assert_eq!(browser.complaints(), json!([]));
}

#[test]
fn a_hostile_persona_stays_text() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let trap = Canned::json("{}");
    let url = trap.url();
    let attack = format!(
        "</title></style></script><img src='{url}/image' onerror='document.title=1'><script>fetch('{url}/script')</script>\
         <link rel=stylesheet href='{url}/style'><iframe src='{url}/frame'></iframe>\
         <meta name=version content=1><meta http-equiv=refresh content='0;url={url}/refresh'><!--"
    );
    let mut live = Live::start();
    live.show(&personas(1));
    browser.open(&live.url());
    for notice in ["", &attack] {
        live.tell(notice);
        live.show(&[persona(&attack, &format!("{attack}\n{notice}"))]);
        browser.until(&format!(
            "document.querySelector('article').innerText.includes(\"<script>fetch('{url}/script')\")"
        ));
    }
    browser.until("document.getElementById('notice').innerText.includes('<script>fetch(')");
    let marks = "return document.querySelectorAll('img, link, iframe, article script, meta[http-equiv=refresh]').length";
    assert_eq!(browser.run(marks), 0);
    assert_eq!(browser.complaints(), json!([]));
    assert!(trap.requests().is_empty(), "{:#?}", trap.requests());
}

#[test]
fn a_window_that_is_not_seen_does_not_follow_and_catches_up_when_it_is() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let mut live = Live::start();
    live.show(&personas(2));
    browser.open(&live.url());
    let see = |is_hidden: bool| {
        browser.run(&format!(
            "Object.defineProperty(document, 'hidden', {{ value: {is_hidden}, configurable: true }});
             document.dispatchEvent(new Event('visibilitychange'))"
        ));
    };
    see(true);
    // A stream is listed once it has ended.
    browser.until("performance.getEntriesByType('resource').some(e => e.name.endsWith('/events'))");
    live.show(&personas(3));
    assert_eq!(count(&browser, "article"), 2);
    see(false);
    browser.until("document.querySelectorAll('article').length === 3");
    assert_eq!(browser.complaints(), json!([]));
}

#[cfg(unix)]
#[test]
fn a_save_is_seen_on_the_page_of_watch() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let site = Site::with_manifest("persona_name: Ana\nsystem_prompt: Be kind.\n");
    site.run(["apply", "--yes"]).success();
    let mut watching = Watching::begin(&site, &["watch", "--serve", "127.0.0.1:0"]);
    let told = watching.next("notice");
    let (_, address) = told["message"]
        .as_str()
        .and_then(|told| told.split_once("http://"))
        .expect("it says where");
    browser.open(&format!("http://{address}"));
    watching.next("watching");
    watching.plans("start", &[]);
    site.edit("personas/ana.yaml", "Be kind.", "Be kinder.");
    watching.plans("save", &["ana"]);
    browser.until("document.body.innerText.includes('Be kinder.')");
    site.write("personas/ben.yaml", "persona_name: [");
    watching.next("mistakes");
    browser.until("document.getElementById('notice').textContent.includes('ben.yaml')");
    site.write("personas/ben.yaml", "persona_name: Ben\nsystem_prompt: x\n");
    browser.until("document.body.innerText.includes('Ben')");
    browser.until("!document.getElementById('notice').textContent.includes('ben.yaml')");
    assert_eq!(browser.complaints(), json!([]));
}
