//! The table itself. A row is added here, and nowhere else, when the service learns something new.

use super::Catalog;
use super::field::{Budget, Field, Literal, Normaliser, Requirement};

/// Members of headers and the like whose values are credentials, in lower case.
pub(crate) const CREDENTIALS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "api-key",
    "api_key",
    "apikey",
    "x-api-key",
    "cookie",
    "token",
    "password",
];

/// Words in the names of members whose values may well be credentials, in lower case.
pub(super) const CREDENTIAL_WORDS: &[&str] = &[
    "apikey",
    "auth",
    "authentication",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "key",
    "oauth",
    "oauth2",
    "otp",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "pwd",
    "secret",
    "sig",
    "signature",
    "token",
];

/// Where a function tool has its name.
pub(crate) const TOOL_NAME: &str = "/function/name";

/// A page of the service's documentation, as its index of August 2026 lists it.
macro_rules! page {
    ($path:literal) => {
        concat!("https://docs.tavus.io/", $path)
    };
}

/// A page of its section about conversations.
macro_rules! guide {
    ($path:literal) => {
        concat!(
            "https://docs.tavus.io/sections/conversational-video-interface/",
            $path
        )
    };
}

/// The smallest useful function tool, in a list.
const TOOL: &str = r#"[{"type": "function", "function": {"name": "find_order",
    "description": "Finds an order by its number.", "parameters": {"type": "object",
    "properties": {"number": {"type": "string"}}, "required": ["number"]}}}]"#;

const AI_ACT: &str = page!("sections/onboarding-guide/eu-ai-act");
const GUARDRAILS: &str = guide!("guardrails");
const KNOWLEDGE: &str = guide!("knowledge-base");
const PERCEPTION_TOOLS: &str = guide!("pal/perception-tool");

const SENSITIVITY: &[&str] = &["low", "medium", "high"];

/// Personas, as `POST /v2/personas` takes them and `GET /v2/personas/{id}` answers them.
pub static PERSONA: Catalog = Catalog {
    noun: "persona",
    doc: Some(page!("api-reference/pals/create-pal")),
    id: "persona_id",
    name: "persona_name",
    class: "persona_type",
    uuid: "uuid",
    owner: "owner_id",
    face: "default_replica_id",
    created: "created_at",
    updated: "updated_at",
    fields: PERSONA_FIELDS,
};

static PERSONA_FIELDS: &[Field] = &[
    Field::text(
        "persona_name",
        "The name that people know the persona by; the service does not keep it unique.",
    )
    .such_as("Life Coach")
    .alias(&["pal_name"]),
    Field::text(
        "system_prompt",
        "How the persona behaves; at most 32,000 tokens, 5,000 are advised.",
    )
    .such_as("You are a life coach. Ask one question at a time.")
    .page(page!("sections/onboarding-guide/prompting-guide"))
    .required(Requirement::Unless(
        "pipeline_mode",
        &["echo", "speech-to-speech"],
    ))
    .within(Budget {
        advised: 5_000,
        poorer: 15_000,
        most: 32_000,
    }),
    Field::open(
        "pipeline_mode",
        &["full", "echo", "speech-to-speech"],
        "Which parts of the pipeline run.",
    )
    .page(guide!("quickstart/pipeline-modes"))
    .default(Literal::Text("full")),
    Field::text(
        "default_replica_id",
        "The face that a conversation shows unless it names another.",
    )
    .such_as("r90bbd427f71")
    .page(page!("sections/faces/overview"))
    .alias(&["default_face_id"])
    .default(Literal::Text("")),
    Field::text("context", "Background that is added to the prompt.")
        .such_as("The shop is open from 10 to 18.")
        .default(Literal::Text("")),
    Field::text("greeting", "The first sentence of a conversation.")
        .such_as("Hello, how can I help?")
        .default(Literal::Text("")),
    Field::flag(
        "dynamic_greeting",
        "Whether the persona words its greeting itself.",
    ),
    Field::texts("languages", "The languages that the persona speaks.")
        .such_as(r#"["english", "japanese"]"#)
        .page(guide!("language-support")),
    Field::text(
        "persona_description",
        "A note for the people who manage the persona.",
    )
    .such_as("Answers at the front desk. Owner is Visitor Services."),
    Field::texts("document_ids", "Documents of the knowledge base, by id.")
        .such_as(r#"["d8a3f1c0b2e4"]"#)
        .page(KNOWLEDGE)
        .default(Literal::NoElements),
    Field::texts("document_tags", "Documents of the knowledge base, by tag.")
        .such_as(r#"["returns-policy"]"#)
        .page(KNOWLEDGE)
        .default(Literal::NoElements),
    Field::text(
        "objectives_id",
        "The set of objectives that the persona pursues.",
    )
    .such_as("o8d3b61f02c7e")
    .page(guide!("pal/objectives")),
    Field::text("guardrails_id", "A legacy set of guardrails.")
        .such_as("g41c7f0e9a2b6")
        .page(GUARDRAILS)
        .deprecated(
            Some("/guardrail_ids"),
            "a set is another resource than the flat guardrails: this is no rename",
        ),
    Field::texts("guardrail_ids", "Guardrails, by id.")
        .such_as(r#"["g41c7f0e9a2b6"]"#)
        .page(GUARDRAILS)
        .default(Literal::NoElements),
    Field::texts("guardrail_tags", "Guardrails, by tag.")
        .such_as(r#"["medical"]"#)
        .page(GUARDRAILS)
        .default(Literal::NoElements),
    Field::texts("tool_ids", "Tools that were made with /v2/tools, by id.")
        .such_as(r#"["t5e0c9a7b3d1"]"#)
        .page(guide!("pal/tools"))
        .at_most(50)
        .names_tools(),
    Field::texts(
        "memories",
        "What the persona remembers between conversations.",
    )
    .such_as(r#"["life-coach-anna"]"#)
    .page(guide!("memories")),
    Field::flag(
        "is_template",
        "Whether the persona is a template for others.",
    ),
    Field::open(
        "disclosure_type",
        &["auto"],
        "How the persona says that it is no human.",
    )
    .page(AI_ACT)
    .default(Literal::Text("auto")),
    Field::any("verbal_disclosure", "What it says about being no human.").page(AI_ACT),
    Field::any(
        "visual_disclosure",
        "What is shown about it being no human.",
    )
    .page(AI_ACT),
    Field::members("layers", LAYERS, "The parts of the pipeline.").page(guide!("pal/overview")),
    Field::text("persona_id", "The id of the persona.")
        .alias(&["pal_id"])
        .read_only(),
    Field::text("uuid", "The service's inner id.").read_only(),
    Field::any("owner_id", "The account.").read_only(),
    Field::text("created_at", "When the persona was made.").read_only(),
    Field::text("updated_at", "When the persona was last changed.").read_only(),
    Field::any("session_id", "The dashboard session that made it.").read_only(),
    Field::any("is_draft", "Whether this is a draft.").read_only(),
    Field::any("is_published", "Whether the persona is published.").read_only(),
    Field::any("is_draft_view", "Whether a draft was answered.").read_only(),
    Field::any(
        "has_unpublished_changes",
        "Whether the dashboard holds a draft.",
    )
    .read_only(),
    Field::any("source_template_id", "The template that it was made from.").read_only(),
    Field::any("registration_id", "The service's registration.").read_only(),
    Field::any("persona_settings_id", "The service's settings record.")
        .alias(&["pal_settings_id"])
        .read_only(),
    Field::text("persona_type", "user: made in this account; system: stock.")
        .alias(&["pal_type"])
        .read_only(),
    Field::any("conferencing_email", "The address that joins meetings.").read_only(),
    Field::any("skills", "Skills, written through /v2/pals/{id}/skills.")
        .page(guide!("skills/overview"))
        .read_only(),
];

static LAYERS: &[Field] = &[
    Field::members("llm", LLM, "The language model.").page(guide!("pal/llm")),
    Field::members("tts", TTS, "The voice.").page(guide!("pal/tts")),
    Field::members("stt", STT, "Speech recognition.").page(guide!("pal/stt")),
    Field::members("perception", PERCEPTION, "What the persona sees and hears.")
        .page(guide!("pal/perception")),
    Field::members("conversational_flow", CONVERSATIONAL_FLOW, "Turn taking.")
        .page(guide!("pal/conversational-flow")),
    Field::members("transport", TRANSPORT, "How audio and video travel.")
        .page(page!("sections/integrations/livekit")),
    Field::members("sts", &[], "Speech to speech."),
    Field::members("conferencing", CONFERENCING, "Joining meetings by mail.")
        .page(guide!("pal/meetings"))
        .apart(),
    Field::members("capabilities", CAPABILITIES, "What the persona may do."),
    Field::members(
        "knowledge_base",
        KNOWLEDGE_BASE,
        "How documents are searched.",
    )
    .page(KNOWLEDGE),
    Field::members("mcp", MCP, "Connectors to MCP servers."),
    Field::members("vqa", VQA, "Vision, as it was in 2024.").deprecated(
        Some("/layers/perception/perception_model"),
        "name a perception model instead",
    ),
];

static LLM: &[Field] = &[
    Field::open(
        "model",
        &[
            "tavus-gemma-4",
            "tavus-glm-4.7",
            "tavus-gpt-oss",
            "tavus-gpt-5.2",
            "tavus-gemini-3-flash",
            "tavus-gemini-2.5-flash",
            "tavus-claude-haiku-4.5",
            "tavus-gpt-4.1",
            "tavus-gpt-4o",
            "tavus-gpt-4o-mini",
            "tavus-llama-4",
            "tavus-llama",
        ],
        "A hosted model, or any name together with base_url and api_key.",
    )
    .retiring(&[
        "tavus-gpt-4.1",
        "tavus-gpt-4o",
        "tavus-gpt-4o-mini",
        "tavus-llama-4",
        "tavus-llama",
    ]),
    Field::text(
        "base_url",
        "An OpenAI-compatible endpoint, without the route at its end.",
    )
    .such_as("https://llm.example.com/v1")
    .required(Requirement::Together("api_key")),
    Field::text("api_key", "The endpoint's key.")
        .such_as("LLM_API_KEY")
        .secret()
        .required(Requirement::Together("base_url")),
    Field::flag(
        "speculative_inference",
        "Whether the model starts before the speaker has ended.",
    )
    .default(Literal::Flag(true)),
    Field::tools("tools", "Functions that the model may call.")
        .such_as(TOOL)
        .page(guide!("pal/llm-tool"))
        .deprecated(
            Some("/tool_ids"),
            "inline tools still run; new ones are made with /v2/tools",
        ),
    Field::map("headers", "HTTP headers for the endpoint.")
        .such_as(r#"{"X-Team": "support"}"#)
        .holds_secrets(),
    Field::map(
        "extra_body",
        "Members that are added to each request: temperature, top_p, …",
    )
    .such_as(r#"{"temperature": 0.2}"#)
    .default(Literal::NoMembers),
    Field::map("default_query", "Query parameters for the endpoint.")
        .such_as(r#"{"api-version": "2026-01"}"#)
        .holds_secrets(),
    Field::flag("disable_vision", "Whether the model gets no pictures."),
    Field::flag(
        "enable_llm_proxy",
        "Whether calls go through the service's proxy.",
    ),
    Field::text("model_name", "The model's name at the endpoint.").such_as("gpt-5-mini"),
    Field::flag("is_custom", "Whether the model is not a hosted one."),
    Field::text("endpoint", "The endpoint's route."),
];

static TTS: &[Field] = &[
    Field::open(
        "tts_engine",
        &["cartesia", "elevenlabs", "azure", "tavus-auto", "playht"],
        "Who speaks.",
    )
    .retiring(&["playht"])
    .default(Literal::Text("tavus-auto")),
    Field::text("api_key", "The engine's key, for private voices.")
        .such_as("ELEVENLABS_API_KEY")
        .secret(),
    Field::text("external_voice_id", "The engine's voice.").such_as("Kd7RqW2nYb0sLxT5vHcE"),
    Field::text("voice_id", "A voice of the service's own library.").such_as("v3f9c1d80a6b"),
    Field::members("voice_settings", VOICE_SETTINGS, "How the voice sounds.")
        .such_as(r#"{"speed": 0.9, "stability": 0.6}"#)
        .atomic(),
    Field::flag("tts_emotion_control", "Whether the voice shows emotion.")
        .normalised(Normaliser::Flag)
        .default(Literal::Flag(true)),
    Field::open(
        "tts_model_name",
        &["sonic-3", "sonic"],
        "The engine's model.",
    )
    .retiring(&["sonic"]),
    Field::text("pronunciation_dictionary_id", "How words are spoken.")
        .such_as("pd_8f2c4e7a")
        .page(guide!("pal/pronunciation-dictionaries")),
    Field::text(
        "playht_user_id",
        "The user of a voice service that is gone.",
    )
    .deprecated(None, "the engine playht is gone"),
];

static VOICE_SETTINGS: &[Field] = &[
    Field::any(
        "speed",
        "0.7 to 1.2 for ElevenLabs, -1 to 1 for Cartesia; once a word.",
    )
    .such_as("0.9")
    .normalised(Normaliser::Number),
    Field::any("emotion", "Cartesia: the emotions to show.").such_as(r#"["calm"]"#),
    Field::number("stability", "ElevenLabs: 0 to 1.").such_as("0.6"),
    Field::number("similarity_boost", "ElevenLabs: 0 to 1.").such_as("0.8"),
    Field::number("style", "ElevenLabs: 0 to 1.").such_as("0.2"),
    Field::flag(
        "use_speaker_boost",
        "ElevenLabs: nearer to the original speaker.",
    ),
];

static STT: &[Field] = &[
    Field::open(
        "stt_engine",
        &[
            "tavus-auto",
            "tavus-parakeet",
            "tavus-soniox",
            "tavus-whisper",
            "tavus-deepgram-medical",
            "tavus-advanced",
            "tavus-turbo",
        ],
        "Who listens.",
    )
    .retiring(&["tavus-advanced", "tavus-turbo"])
    .default(Literal::Text("tavus-auto")),
    Field::text("hotwords", "Words to listen for, as one string.")
        .such_as("Kubernetes, PostgreSQL, gRPC")
        .default(Literal::Text("")),
    Field::open(
        "participant_pause_sensitivity",
        SENSITIVITY,
        "How soon a pause ends a turn.",
    )
    .inverted(
        "/layers/conversational_flow/turn_taking_patience",
        "the meaning is inverted: high sensitivity is low patience",
    ),
    Field::open(
        "participant_interrupt_sensitivity",
        SENSITIVITY,
        "How easily the persona stops.",
    )
    .inverted(
        "/layers/conversational_flow/replica_interruptibility",
        "the meaning is inverted: low sensitivity is high interruptibility",
    ),
    Field::flag("smart_turn_detection", "Turn detection of Sparrow-0.").deprecated(
        Some("/layers/conversational_flow/turn_detection_model"),
        "name a turn detection model instead",
    ),
];

static PERCEPTION: &[Field] = &[
    Field::open(
        "perception_model",
        &["raven-1", "raven-0", "raven-2", "off", "basic"],
        "Who watches.",
    )
    .retiring(&["basic"])
    .default(Literal::Text("raven-1")),
    Field::texts(
        "visual_awareness_queries",
        "Questions that are asked of the picture all along.",
    )
    .such_as(r#"["Is somebody else in the room?"]"#)
    .default(Literal::NoElements),
    Field::text(
        "visual_tool_prompt",
        "When the visual tools are to be called.",
    )
    .such_as("Call report_badge when a badge is held up."),
    Field::tools("visual_tools", "Functions that what is seen may call.")
        .such_as(TOOL)
        .page(PERCEPTION_TOOLS),
    Field::texts(
        "audio_awareness_queries",
        "Questions that are asked of the sound all along; raven-1 and later.",
    )
    .such_as(r#"["Does the speaker hesitate for long?"]"#)
    .default(Literal::NoElements),
    Field::text(
        "audio_tool_prompt",
        "When the audio tools are to be called; raven-1 and later.",
    )
    .such_as("Call call_staff when somebody shouts."),
    Field::tools(
        "audio_tools",
        "Functions that what is heard may call; raven-1 and later.",
    )
    .such_as(TOOL)
    .page(PERCEPTION_TOOLS),
    Field::texts(
        "perception_analysis_queries",
        "Questions that are answered when the conversation has ended.",
    )
    .such_as(r#"["Was the interview interrupted?"]"#),
    Field::closed(
        "emotion_recognition",
        &["auto", "full", "limited"],
        "How far emotions are read.",
    )
    .page(AI_ACT),
    Field::texts(
        "ambient_awareness_queries",
        "Questions that are asked of the picture all along.",
    )
    .such_as(r#"["Is somebody else in the room?"]"#)
    .deprecated(
        Some("/layers/perception/visual_awareness_queries"),
        "renamed with raven-1",
    ),
    Field::text("perception_tool_prompt", "When the tools are to be called.")
        .such_as("Call report_badge when a badge is held up.")
        .deprecated(
            Some("/layers/perception/visual_tool_prompt"),
            "renamed with raven-1",
        ),
    Field::tools("perception_tools", "Functions that what is seen may call.")
        .such_as(TOOL)
        .page(PERCEPTION_TOOLS)
        .deprecated(
            Some("/layers/perception/visual_tools"),
            "renamed with raven-1",
        ),
    Field::text("tool_prompt", "When the tools are to be called.")
        .such_as("Call report_badge when a badge is held up.")
        .deprecated(
            Some("/layers/perception/visual_tool_prompt"),
            "renamed with raven-1",
        ),
];

static CONVERSATIONAL_FLOW: &[Field] = &[
    Field::open(
        "turn_detection_model",
        &[
            "sparrow-1",
            "sparrow-2",
            "sparrow-0",
            "time-based",
            "timebased",
        ],
        "Who decides that a turn has ended.",
    )
    .default(Literal::Text("sparrow-1")),
    Field::closed(
        "turn_taking_patience",
        SENSITIVITY,
        "How long the persona waits before it speaks.",
    )
    .default(Literal::Text("medium")),
    Field::closed(
        "replica_interruptibility",
        SENSITIVITY,
        "How easily the persona is interrupted.",
    )
    .alias(&["pal_interruptibility", "face_interruptibility"])
    .default(Literal::Text("medium")),
    Field::open(
        "voice_isolation",
        &["off", "near", "far"],
        "Which voices count.",
    )
    .default(Literal::Text("near")),
    Field::text("wake_phrase", "What wakes the persona.").such_as("hello bench"),
    Field::text("sleep_phrase", "What sends the persona to sleep.")
        .such_as("thank you bench")
        .required(Requirement::Together("wake_phrase")),
    Field::closed(
        "idle_engagement",
        &["off", "patient", "eager"],
        "What the persona does in silence.",
    )
    .default(Literal::Text("off")),
    Field::closed(
        "idle_end_behavior",
        &["wait", "end_conversation"],
        "How silence ends.",
    ),
    Field::closed(
        "turn_commitment",
        SENSITIVITY,
        "How firmly the persona holds its turn.",
    ),
    Field::any(
        "active_listening",
        "off, low, medium or high: whether the persona shows that it listens.",
    )
    .such_as(r#""medium""#),
    Field::text("noise_cancellation", "How noise is taken out."),
];

static TRANSPORT: &[Field] = &[Field::open(
    "transport_type",
    &["livekit", "daily"],
    "Who carries audio and video.",
)];

static CONFERENCING: &[Field] = &[
    Field::text(
        "username",
        "The name in the meeting's address; unique in the whole service.",
    )
    .such_as("life-coach")
    .normalised(Normaliser::LowerCase),
    Field::texts(
        "allowlist",
        "Who may invite the persona: addresses or patterns.",
    )
    .such_as(r#"["*@example.com"]"#),
    Field::flag("whitelabel", "Whether the service's name is hidden."),
    Field::text("email", "The address to invite.")
        .read_only()
        .derived("username", "@tavusinvite.com"),
];

static CAPABILITIES: &[Field] = &[
    Field::flag("mcp_enabled", "Whether MCP connectors are used."),
    Field::flag("search_enabled", "Whether the persona searches the web."),
    Field::flag("activity_log_enabled", "Whether an activity log is kept."),
    Field::flag(
        "search_results_prompt_injection_prevention_enabled",
        "Whether search results are screened for instructions.",
    ),
];

static KNOWLEDGE_BASE: &[Field] = &[
    Field::number("rag_score_threshold", "How near a passage has to be.").such_as("0.7"),
    Field::integer("rag_n_chunks", "How many passages are taken.").such_as("5"),
    Field::integer(
        "rag_surrounding_chunk_radius",
        "How many neighbours each passage brings.",
    )
    .such_as("1"),
    Field::flag(
        "enable_rag_observability_app_messages",
        "Whether searches are told to the app.",
    ),
    Field::flag(
        "use_procedure_goalchain",
        "Whether procedures are followed as chains of goals.",
    ),
];

static MCP: &[Field] = &[
    Field::any("connectors", "The MCP servers.").holds_secrets(),
    Field::any("spoken_updates", "Whether calls are announced."),
    Field::any("visual_updates", "Whether calls are shown."),
];

static VQA: &[Field] = &[
    Field::any("enabled", "Whether vision was on."),
    Field::any("enable_vision", "Whether vision was on."),
];
