//! What the catalogue and the block find wrong, with line and column.

use super::{NAMED, Site, keys};
use crate::model::Severity;

#[test]
fn mistakes_are_found_at_their_places() {
    let rows: &[(&str, &[&str])] = &[
        (
            "layers: {llm: {model: [x]}}",
            &["3:23 wrong-type: `/layers/llm/model` takes text, this is a list"],
        ),
        (
            "context: 1",
            &["3:10 wrong-type: `/context` takes text, this is a number"],
        ),
        ("context: null", &[]),
        (
            "layers: []",
            &["3:9 wrong-type: `/layers` takes a map, this is a list"],
        ),
        (
            "document_ids: [a, 1]",
            &["3:19 wrong-type: `/document_ids/1` takes text, this is a number"],
        ),
        ("layers: {tts: {tts_emotion_control: \"true\"}}", &[]),
        (
            "layers: {tts: {tts_emotion_control: yes}}",
            &[
                "3:37 wrong-type: `/layers/tts/tts_emotion_control` takes true or false, this is text",
            ],
        ),
        (
            "layers: {knowledge_base: {rag_n_chunks: 1.5}}",
            &[
                "3:41 wrong-type: `/layers/knowledge_base/rag_n_chunks` takes a whole number, this is a number",
            ],
        ),
        ("layers: {knowledge_base: {rag_n_chunks: 2.0}}", &[]),
        (
            "layers: {stt: {hotword: x}}",
            &["3:16 unknown-member: `/layers/stt/hotword` is not known; it is sent as it is"],
        ),
        (
            "layers: {conversational_flow: {turn_commitment: hihg}}",
            &["3:49 unknown-word: `/layers/conversational_flow/turn_commitment` knows no `hihg`"],
        ),
        (
            "pipeline_mode: ful",
            &["3:16 unknown-word: `/pipeline_mode` knows no `ful`"],
        ),
        ("layers: {llm: {model: my-own}}", &[]),
        (
            "layers: {tts: {tts_engine: playht}}",
            &["3:28 deprecated-word: `playht` is deprecated at `/layers/tts/tts_engine`"],
        ),
        (
            "guardrails_id: g",
            &[
                "3:1 deprecated: `/guardrails_id` is deprecated: a set is another resource than the flat guardrails: this is no rename",
            ],
        ),
        (
            "layers: {tts: {api_key: sk-123}}",
            &["3:16 plain-secret: a plain value at `/layers/tts/api_key`, which is a secret"],
        ),
        ("layers: {tts: {api_key: ''}}", &[]),
        (
            "layers: {llm: {headers: {Authorization: x, X-Trace: y}}}",
            &[
                "3:26 plain-secret: a plain value at `/layers/llm/headers/Authorization`, which is a secret",
            ],
        ),
        ("layers: {llm: {headers: {X-Trace: !secret Y}}}", &[]),
        (
            "layers: {mcp: {connectors: [{headers: {authorization: x}}]}}",
            &[
                "3:40 plain-secret: a plain value at `/layers/mcp/connectors/0/headers/authorization`, which is a secret",
            ],
        ),
        (
            "layers: {llm: {headers: !secret Y}}",
            &["3:25 wrong-type: `/layers/llm/headers` takes a map, this is a secret"],
        ),
        (
            "context: !secret Y",
            &["3:10 open-secret: `/context` is no secret: what it holds can be read by anyone"],
        ),
        (
            "layers: {llm: {extra_body: {a: [!secret Y]}}}",
            &[
                "3:33 open-secret: `/layers/llm/extra_body/a/0` is no secret: what it holds can be read by anyone",
            ],
        ),
        (
            "layers: {llm: {base_url: 'https://x'}}",
            &["3:16 missing-member: `/layers/llm/base_url` needs `/layers/llm/api_key` beside it"],
        ),
        (
            "pal_name: B",
            &["3:1 two-spellings: `pal_name` and another spelling of `persona_name` are both here"],
        ),
        (
            "x-personactl: {prevent_deleet: true}",
            &["3:16 unknown-member: `x-personactl` knows no `prevent_deleet`"],
        ),
        (
            "x-personactl: {prevent_delete: yes}",
            &["3:32 wrong-type: `prevent_delete` takes true or false"],
        ),
        (
            "x-personactl: {id: a/b}",
            &["3:20 wrong-type: `id` takes letters, digits, `-` and `_`"],
        ),
        (
            "x-personactl: {id: {production: 1}}",
            &["3:33 wrong-type: `id` takes letters, digits, `-` and `_`"],
        ),
        (
            "x-personactl: {ignore: [context]}",
            &["3:25 wrong-type: `ignore` takes JSON Pointers such as `/layers/tts`"],
        ),
        (
            "x-personactl: {ownership: all}",
            &["3:27 unknown-word: `ownership` knows no `all`"],
        ),
        (
            "x-personactl: {environments: staging}",
            &["3:30 wrong-type: `environments` takes a list of texts"],
        ),
        (
            "x-personactl: {environments: [1]}",
            &["3:31 wrong-type: `environments` takes a list of texts"],
        ),
        (
            "x-personactl: []",
            &["3:15 wrong-type: `x-personactl` takes a map"],
        ),
    ];
    for (line, expected) in rows {
        let expected: Vec<_> = expected
            .iter()
            .map(|e| format!("personas/a.yaml:{e}"))
            .collect();
        assert_eq!(
            Site::manifest(format!("{NAMED}{line}\n")).findings(),
            expected,
            "{line}"
        );
    }
}

#[test]
fn what_is_missing_is_missed_once() {
    let rows: &[(&str, &[&str])] = &[
        (
            "persona_name: A",
            &["1:1 missing-member: `/system_prompt` is missing"],
        ),
        ("persona_name: A\npipeline_mode: echo", &[]),
        (
            "system_prompt: P",
            &["1:1 missing-name: the persona has no `persona_name`"],
        ),
        (
            "system_prompt: P\npersona_name: ''",
            &["2:15 missing-name: the persona has no `persona_name`"],
        ),
        ("system_prompt: P\nx-personactl: {id: p1}", &[]),
        (
            "system_prompt: P\npersona_name: [A]",
            &["2:15 wrong-type: `/persona_name` takes text, this is a list"],
        ),
        // A prompt that cannot be read is not missing as well.
        (
            "persona_name: A\nsystem_prompt: !file none.md",
            &["2:16 missing-file: no file `none.md`"],
        ),
    ];
    for (text, expected) in rows {
        let expected: Vec<_> = expected
            .iter()
            .map(|e| format!("personas/a.yaml:{e}"))
            .collect();
        assert_eq!(Site::manifest(text).findings(), expected, "{text}");
    }
}

#[test]
fn a_plain_secret_from_elsewhere_is_not_pointed_at() {
    let site = Site::manifest(format!(
        "{NAMED}layers:\n  tts:\n    api_key: !file key.txt\n"
    ));
    site.write("personas/key.txt", "sk-canary");
    let loaded = site.load();
    let place = loaded.findings[0].place.clone().expect("a place");
    assert_eq!((place.line, place.column), (5, 5));
    assert!(!format!("{:?}", loaded.findings).contains("canary"));
}

#[test]
fn two_manifests_for_one_persona_are_refused_at_both_places() {
    let named = |name: &str, rest: &str| format!("persona_name: {name}\nsystem_prompt: P\n{rest}");
    let pin = "x-personactl: {id: p1}\n";
    let site = Site::new(&[
        ("personas/a.yaml", named("A", "")),
        ("personas/b.yaml", named("A", "")),
        ("personas/c.yaml", named("C", pin)),
        ("personas/d.yaml", named("D", pin)),
        ("personas/e.yaml", named("A", "x-personactl: {id: p2}\n")),
        (
            "personas/f.yaml",
            named("A", "x-personactl: {environments: [production]}\n"),
        ),
    ]);
    assert_eq!(keys(&site.load()), ["e"]);
    let errors: Vec<_> = site
        .errors()
        .iter()
        .map(|e| e.split(": ").next().unwrap_or("").to_owned())
        .collect();
    assert_eq!(
        errors,
        [
            "personas/a.yaml:1:15 duplicate-name",
            "personas/b.yaml:1:15 duplicate-name",
            "personas/c.yaml:3:20 duplicate-id",
            "personas/d.yaml:3:20 duplicate-id",
        ]
    );
}

#[test]
fn names_that_look_the_same_are_warned_of() {
    let named = |name: &str| format!("persona_name: \"{name}\"\nsystem_prompt: P\n");
    let site = Site::new(&[
        ("personas/a.yaml", named("José")),
        ("personas/b.yaml", named("JOSE\u{301}")),
        ("personas/c.yaml", named("Jose")),
        ("personas/d.yaml", named("Ana ")),
    ]);
    let loaded = site.load();
    assert_eq!(keys(&loaded), ["a", "b", "c", "d"]);
    let said: Vec<_> = loaded
        .findings
        .iter()
        .map(|finding| (finding.code, finding.severity))
        .collect();
    assert_eq!(
        said,
        [
            ("similar-name", Severity::Warning),
            ("name-space", Severity::Warning)
        ]
    );
}

#[test]
fn tools_have_names_of_their_own() {
    let tool = |name: &str| format!("    - {{type: function, function: {{name: {name}}}}}\n");
    let site = Site::manifest(format!(
        "{NAMED}layers:\n  perception:\n    visual_tools:\n{}{}    - {{function: {{}}}}\n    - x\n",
        tool("a"),
        tool("a"),
    ));
    let errors: Vec<_> = site
        .errors()
        .iter()
        .map(|e| e.split(": ").next().unwrap_or("").to_owned())
        .collect();
    assert_eq!(
        errors,
        [
            "personas/a.yaml:7:7 duplicate-tool",
            "personas/a.yaml:8:7 tool-name",
            "personas/a.yaml:9:7 tool-name",
        ]
    );
}

#[test]
fn hints_lead_on() {
    let rows = [
        (
            "layers: {llm: {document_ids: []}}",
            "`document_ids` belongs at `/document_ids`",
        ),
        (
            "tts_engine: x",
            "`tts_engine` belongs at `/layers/tts/tts_engine`",
        ),
        (
            "api_key: 1",
            "`api_key` belongs at `/layers/llm/api_key` or `/layers/tts/api_key`",
        ),
        ("contxt: x", "did you mean `context`?"),
        (
            "layers: {conversational_flow: {turn_commitment: hihg}}",
            "did you mean `high`? it takes `low`, `medium` or `high`",
        ),
        (
            "layers: {tts: {api_key: sk-123}}",
            "write `!secret NAME`, and set NAME where we run",
        ),
        (
            "x-personactl: {prevent_deleet: true}",
            "did you mean `prevent_delete`?",
        ),
        ("guardrails_id: g", "use `/guardrail_ids`"),
    ];
    for (line, expected) in rows {
        let loaded = Site::manifest(format!("{NAMED}{line}\n")).load();
        let hints: Vec<_> = loaded
            .findings
            .iter()
            .flat_map(|f| f.hint.as_deref())
            .collect();
        assert_eq!(hints, [expected], "{line}");
    }
}

#[test]
fn a_tag_that_failed_is_told_once() {
    let site = Site::manifest(format!(
        "{NAMED}layers: {{llm: {{tools: [!include gone.yaml]}}}}
x-personactl: {{environments: [!var q]}}
"
    ));
    assert_eq!(
        site.errors(),
        [
            "personas/a.yaml:3:24 missing-file: no file `gone.yaml`",
            "personas/a.yaml:4:31 unknown-variable: the environment `staging` has no variable `q`"
        ]
    );
}

#[test]
fn a_mistake_in_the_block_hides_nothing_that_is_missing() {
    let site = Site::manifest(
        "x-personactl: {foo: 1}
layers: {llm: {base_url: q}}
",
    );
    let errors = site.errors();
    for expected in [
        "unknown-member",
        "missing-name",
        "/system_prompt",
        "api_key",
    ] {
        let found = errors.iter().any(|error| error.contains(expected));
        assert!(found, "{expected}: {errors:#?}");
    }
}

#[test]
fn plain_secrets_are_found_wherever_they_stand_and_never_repeated() {
    let rows = [
        ("context: it is sk-CANARY-4711", "3:1 `/context`"),
        (
            "greeting: go to https://ana:CANARY1@a.b/",
            "3:1 `/greeting`",
        ),
        (
            "layers: {llm: {base_url: 'https://a.b/v1?api_key=CANARY1', api_key: !secret X}}",
            "3:16 `/layers/llm/base_url`",
        ),
        (
            "layers: {llm: {headers: {X-Auth-Token: CANARY1}}}",
            "3:26 `/layers/llm/headers/X-Auth-Token`",
        ),
        (
            "layers: {llm: {headers: {X-Up: Basic CANARY1}}}",
            "3:26 `/layers/llm/headers/X-Up`",
        ),
        (
            "layers: {llm: {extra_body: {a: {token: [CANARY1, CANARY2]}}}}",
            "3:33 `/layers/llm/extra_body/a/token`",
        ),
        (
            "layers: {llm: {default_query: {key: CANARY1}}}",
            "3:32 `/layers/llm/default_query/key`",
        ),
    ];
    let found = |line: &str| {
        let loaded = Site::manifest(format!("{NAMED}{line}\n")).load();
        let findings = loaded.findings.into_iter();
        findings
            .filter(|finding| finding.code == "likely-secret")
            .collect::<Vec<_>>()
    };
    for (line, expected) in rows {
        let findings = found(line);
        let told = findings.iter().map(|finding| {
            let place = finding.place.as_ref().expect("a place");
            let message = finding
                .message
                .trim_end_matches(" looks like a secret in clear text");
            format!("{}:{} {message}", place.line, place.column)
        });
        assert_eq!(told.collect::<Vec<_>>(), [expected], "{line}");
        assert!(!format!("{findings:?}").contains("CANARY"), "{findings:?}");
    }
    for line in [
        "context: see https://a.b/reset?token=YOUR_TOKEN or https://ana@a.b/",
        "layers: {llm: {extra_body: {max_tokens: 5, api_key: '{{key}}'}}}",
        "layers: {llm: {headers: {X-Team: voice, X-Auth-Token: !secret X}}}",
        "layers: {llm: {tools: [{type: function, function: {name: a, parameters: {type: object, properties: {token: {type: string}}}}}]}}",
    ] {
        assert_eq!(found(line), [], "{line}");
    }
}

#[test]
fn what_a_text_says_is_marked_in_that_text() {
    let rows: [(&str, &[&str]); 4] = [
        (
            "greeting: \"Hi {{first\n  name}}\"\ncontext: \"see {{first name}}\"",
            &["3:11 placeholder", "5:15 placeholder"],
        ),
        (
            "context: |\n  Talk about the weather.\n\n  Use the `weather` tool.",
            &["6:12 unknown-tool"],
        ),
        ("greeting:\n  Hi\n  {{a}}", &["5:3 placeholder"]),
        ("context: !include _b.yaml#/a", &["b 1:4 placeholder"]),
    ];
    for (text, expected) in rows {
        let site = Site::manifest(format!("{NAMED}{text}\n"));
        site.write("personas/_b.yaml", "a: \"{{x\n  y}}\"\nb: \"{{x y}}\"\n");
        let mut findings = site.findings();
        findings.retain(|line| !line.contains("unused-file"));
        let told = findings.into_iter().map(|line| {
            let line = line
                .replace("personas/_b.yaml:", "b ")
                .replace("personas/a.yaml:", "");
            line.split(": ").next().unwrap_or_default().to_owned()
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_ignored_is_told_where_it_stands() {
    let site = Site::manifest(format!(
        "{NAMED}document_ids: [x]\nx-personactl:\n  ignore: [/context, '', /document_ids/0]\n"
    ));
    assert_eq!(
        site.errors(),
        [
            "personas/a.yaml:5:22 ignore: the whole document cannot be ignored",
            "personas/a.yaml:5:26 ignore: `/document_ids/0` stands in a list, which is compared as a whole",
        ]
    );
}

#[test]
fn what_is_there_and_empty_is_told_where_it_stands() {
    let site = Site::manifest("persona_name: A\nsystem_prompt: ''\n");
    assert_eq!(
        site.errors(),
        ["personas/a.yaml:2:16 missing-member: `/system_prompt` is missing"]
    );
}

#[test]
fn a_secret_is_no_empty_list() {
    let rows = [("[]", "a list"), ("{}", "a map")];
    for (value, kind) in rows {
        let site = Site::manifest(format!("{NAMED}layers: {{tts: {{api_key: {value}}}}}\n"));
        let expected = format!(
            "personas/a.yaml:3:25 wrong-type: `/layers/tts/api_key` takes a secret, this is {kind}"
        );
        assert_eq!(site.errors(), [expected]);
    }
}

#[test]
fn what_an_overlay_brings_in_is_no_overlay() {
    let site = Site::new(&[
        ("personas/a.yaml", NAMED),
        (
            "personas/_overlays/staging/a.yaml",
            "context: !file prompt.md
layers: !include _parts/x.yaml
",
        ),
        ("personas/_overlays/staging/prompt.md", "x"),
        (
            "personas/_overlays/staging/_parts/x.yaml",
            "llm: {model: m}",
        ),
        (
            "personas/_overlays/staging/_parts/y.yaml",
            "llm: {model: m}",
        ),
        ("personas/_overlays/staging/z.yaml", "context: x"),
    ]);
    assert_eq!(
        site.findings(),
        [
            "personas/_overlays/staging/_parts/y.yaml:1:1 unused-file: nothing refers to `personas/_overlays/staging/_parts/y.yaml`",
            "personas/_overlays/staging/z.yaml:1:1 orphan-overlay: there is no manifest `z`"
        ]
    );
}

#[test]
fn lists_have_a_length() {
    let ids = vec!["t"; 51].join(", ");
    let site = Site::manifest(format!("{NAMED}tool_ids: [{ids}]\n"));
    assert_eq!(
        site.errors(),
        ["personas/a.yaml:3:11 too-many: `/tool_ids` takes 50 at most, these are 51"]
    );
}
