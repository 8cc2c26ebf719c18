//! The page of a plan in a real browser: it says everything, does what it should, and asks nobody for anything.
#![expect(clippy::print_stderr, reason = "a test that is skipped has to say so")]

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Browser, Canned, Scripts, Site};

/// Where the page is written.
const PAGE: &str = "plan.html";
/// The key that clears and closes.
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

/// A browser, where there is one.
pub(crate) fn browser(scripts: Scripts) -> Option<Browser> {
    if !Browser::is_there() {
        eprintln!("SKIPPED: chromium or chromedriver is not there");
        return None;
    }
    Some(Browser::new(scripts))
}

fn prompt(beginning: &str) -> String {
    let mut prompt = format!("system_prompt: |\n  {beginning}\n");
    for number in 0..12 {
        writeln!(prompt, "  Rule {number}: wait for the whole answer.")
            .expect("a string takes all");
    }
    prompt
}

/// A plan that updates `ana`, creates `eva`, whose name and settings are as wide as can be, and leaves `tom` alone.
fn site() -> Site {
    let site = Site::with_manifest(&format!("persona_name: Ana\n{}", prompt("Be kind to all.")));
    site.write("personas/tom.yaml", "persona_name: Tom\nsystem_prompt: x\n");
    site.run(["apply", "--yes"]).success();
    site.edit("personas/ana.yaml", "Be kind to all.", "Be fair to all.");
    let wide = "w".repeat(300);
    let eva = format!(
        "persona_name: Eva {wide}\ncontext: {wide}\n{}",
        prompt("Be brief.")
    );
    site.write("personas/eva.yaml", eva);
    site.write(
        &format!("personas/{}.yaml", &wide[..200]),
        "persona_name: W\nsystem_prompt: x\n",
    );
    write(&site);
    site
}

fn write(site: &Site) {
    site.run(["plan", "--report", &format!("html={PAGE}")])
        .success();
}

/// The page of this site in a browser.
fn open(site: &Site, browser: &Browser) {
    browser.open(&format!("file://{}", site.path(PAGE).display()));
}

/// A manifest that would ask a service for something, did a browser take it for more than text.
fn hostile(url: &str) -> String {
    let attack = format!(
        "</title></style></script><img src='{url}/image'><script>fetch('{url}/script')</script>\
         <link rel=stylesheet href='{url}/style'><iframe src='{url}/frame'></iframe>\
         <meta http-equiv=refresh content='0;url={url}/refresh'><!--"
    );
    let quoted = json!(attack);
    format!("persona_name: {quoted}\nsystem_prompt: {quoted}\ncontext: {quoted}\n? {quoted}\n: 1\n")
}

#[test]
fn a_page_full_of_traps_fetches_nothing_and_complains_of_nothing() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let trap = Canned::json("{}");
    let site = Site::with_manifest(&hostile(&trap.url()));
    write(&site);
    let served = Canned::http("200 OK", "text/html; charset=utf-8", &site.read(PAGE));
    for url in [
        format!("file://{}", site.path(PAGE).display()),
        served.url(),
    ] {
        browser.open(&url);
        let entries = browser.run("return performance.getEntriesByType('resource').length");
        assert_eq!(entries, 0, "{url}");
        let shown = browser.run("return document.querySelector('article').innerText");
        assert!(
            shown
                .as_str()
                .is_some_and(|text| text.contains("<script>fetch(")),
            "{shown}"
        );
        // The script has run: without it there is no filter.
        assert_eq!(
            browser.run("return document.getElementById('search').hidden"),
            false
        );
        assert_eq!(browser.complaints(), json!([]), "{url}");
    }
    assert_eq!(served.requests().len(), 1, "{:#?}", served.requests());
    // What asks the trap for something is seen by it, and would have been before.
    site.write("bait.html", format!("<img src='{}/bait'>", trap.url()));
    browser.open(&format!("file://{}", site.path("bait.html").display()));
    let asked = trap.requests();
    assert!(asked.len() == 1 && asked[0].contains("/bait"), "{asked:#?}");
}

#[test]
fn personas_are_folded_and_found_by_click_and_by_key() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let site = site();
    open(&site, &browser);
    let open_ones = || {
        let open = "return document.querySelectorAll('details.persona[open]').length";
        browser.run(open)
    };
    let focused = || browser.run("return document.activeElement.closest('article')?.id");
    assert_eq!(open_ones(), 3);
    browser.click("article summary");
    assert_eq!(open_ones(), 2);
    browser.press("c");
    assert_eq!(open_ones(), 0);
    browser.press("e");
    assert_eq!(open_ones(), 3);
    browser.click("#collapse");
    assert_eq!(open_ones(), 0);
    browser.run("document.activeElement.blur()");
    let steps = [
        ("j", "p1"),
        ("j", "p2"),
        ("j", "p3"),
        ("j", "p3"),
        ("k", "p2"),
    ];
    for (key, expected) in steps {
        browser.press(key);
        assert_eq!(focused(), expected);
    }
    browser.press(ENTER);
    assert_eq!(open_ones(), 1);
    let keys = || browser.run("return document.getElementById('keys').open");
    browser.press("?");
    assert_eq!(keys(), true);
    browser.press(ESCAPE);
    assert_eq!(keys(), false);
    browser.press("s");
    assert_eq!(sides(&browser), "grid");
    assert_eq!(browser.complaints(), json!([]));
}

/// How the two sides of a change are laid out.
fn sides(browser: &Browser) -> Value {
    browser.run("return getComputedStyle(document.querySelector('.diff > div')).display")
}

#[test]
fn the_filter_leaves_what_fits_and_says_how_many() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let site = site();
    open(&site, &browser);
    let seen = |what: &str| {
        let count = format!(
            "return [...document.querySelectorAll('{what}')].filter(e => e.checkVisibility()).length"
        );
        browser.run(&count)
    };
    let hits = || browser.run("return document.getElementById('hits').textContent");
    let rows = [
        ("ANA", 1, 1, "1 of 3 personas"),
        ("eva www", 1, 1, "1 of 3 personas"),
        ("/system_prompt", 3, 2, "3 of 3 personas"),
        ("nobody", 0, 0, "0 of 3 personas"),
    ];
    for (query, count, groups, told) in rows {
        browser.press("/");
        browser.press(query);
        assert_eq!(seen("article"), count, "{query}");
        assert_eq!(seen(".index li"), count, "{query}");
        assert_eq!(seen(".group:not(.keep)"), groups, "{query}");
        assert_eq!(hits(), told, "{query}");
        assert_eq!(seen("#none"), usize::from(count == 0), "{query}");
        browser.press(ESCAPE);
        assert_eq!(seen("article"), 3, "{query}");
        assert_eq!(hits(), "", "{query}");
    }
}

#[test]
fn without_its_script_all_of_the_page_can_be_read() {
    let Some(browser) = browser(Scripts::Off) else {
        return;
    };
    let site = site();
    open(&site, &browser);
    // The script has not run.
    assert_eq!(
        browser.run("return document.getElementById('search').hidden"),
        true
    );
    let read = browser.run("return document.body.innerText");
    let read = read.as_str().expect("a text");
    for told in [
        "Be kind to all.",
        "Be fair to all.",
        "eva",
        "/context",
        "1 unchanged",
    ] {
        assert!(read.contains(told), "{told:?} is not there\n{read}");
    }
    assert_eq!(sides(&browser), "block");
    browser.click("label:has(#view-beside)");
    assert_eq!(sides(&browser), "grid");
    browser.click("article details.whole summary");
    let whole = "return document.querySelector('details.whole').open";
    assert_eq!(browser.run(whole), true);
}

#[test]
fn on_a_phone_nothing_scrolls_sideways_and_the_index_folds_away() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let site = site();
    for width in [360, 1280] {
        browser.resize(width, 800);
        open(&site, &browser);
        browser.run("document.querySelectorAll('details').forEach(details => details.open = true)");
        for view in ["inline", "beside"] {
            browser.run(&format!("document.getElementById('view-{view}').click()"));
            let beyond = "const { scrollWidth, clientWidth } = document.documentElement; return scrollWidth - clientWidth";
            assert_eq!(browser.run(beyond), 0, "{view} at {width}");
        }
    }
    browser.resize(360, 800);
    let index = || browser.run("return document.querySelector('.index .body').checkVisibility()");
    assert_eq!(index(), false);
    browser.click(".unfold");
    assert_eq!(index(), true);
    browser.click(".index li a");
    browser.until("!document.querySelector('.index .body').checkVisibility()");
}

#[test]
fn the_page_is_dark_for_whoever_wants_it_dark() {
    let Some(browser) = browser(Scripts::Run) else {
        return;
    };
    let site = site();
    open(&site, &browser);
    let background = || browser.run("return getComputedStyle(document.body).backgroundColor");
    browser.show_for("screen", "light");
    let light = background();
    browser.show_for("screen", "dark");
    let dark = background();
    assert_ne!(light, dark);
    browser.click("label:has(#scheme-light)");
    assert_eq!(background(), light);
    browser.click("label:has(#scheme-dark)");
    browser.show_for("screen", "light");
    assert_eq!(background(), dark);
}

#[test]
fn what_is_printed_is_printed_whole() {
    let Some(browser) = browser(Scripts::Off) else {
        return;
    };
    let site = site();
    open(&site, &browser);
    let is_seen = |what: &str| {
        let seen = format!("return document.querySelector('{what}').checkVisibility()");
        browser.run(&seen) == true
    };
    let folded = "details.whole:not([open]) .text";
    assert!(!is_seen(folded) && is_seen(".index"));
    browser.show_for("print", "dark");
    assert!(is_seen(folded) && !is_seen(".index"));
    let background = browser.run("return getComputedStyle(document.body).backgroundColor");
    assert_eq!(background, "rgb(255, 255, 255)");
}
