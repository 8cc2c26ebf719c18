//! The table itself. A row is added here, and nowhere else, when the service learns something new.

use super::Catalog;
use super::field::{Budget, Field, Literal, Normaliser, Requirement};

/// Members of headers and the like whose values are credentials, in lower case.
pub(super) const CREDENTIALS: &[&str] = &[
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
    "auth",
    "authorization",
    "apikey",
    "cookie",
    "credential",
    "credentials",
    "key",
    "passwd",
    "password",
    "secret",
    "token",
];

/// Where a function tool has its name.
pub(super) const TOOL_NAME: &str = "/function/name";

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
    .alias(&["pal_name"]),
    Field::text(
        "system_prompt",
        "How the persona behaves; at most 32,000 tokens, 5,000 are advised.",
    )
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
    .page(page!("sections/faces/overview"))
    .alias(&["default_face_id"])
    .default(Literal::Text("")),
    Field::text("context", "Background that is added to the prompt.").default(Literal::Text("")),
    Field::text("greeting", "The first sentence of a conversation.").default(Literal::Text("")),
    Field::flag(
        "dynamic_greeting",
        "Whether the persona words its greeting itself.",
    ),
    Field::texts("languages", "The languages that the persona speaks.")
        .page(guide!("language-support")),
    Field::text(
        "persona_description",
        "A note for the people who manage the persona.",
    ),
    Field::texts("document_ids", "Documents of the knowledge base, by id.")
        .page(KNOWLEDGE)
        .default(Literal::NoElements),
    Field::texts("document_tags", "Documents of the knowledge base, by tag.")
        .page(KNOWLEDGE)
        .default(Literal::NoElements),
    Field::text(
        "objectives_id",
        "The set of objectives that the persona pursues.",
    )
    .page(guide!("pal/objectives")),
    Field::text("guardrails_id", "A legacy set of guardrails.")
        .page(GUARDRAILS)
        .deprecated(
            Some("/guardrail_ids"),
            "a set is another resource than the flat guardrails: this is no rename",
        ),
    Field::texts("guardrail_ids", "Guardrails, by id.")
        .page(GUARDRAILS)
        .default(Literal::NoElements),
    Field::texts("guardrail_tags", "Guardrails, by tag.")
        .page(GUARDRAILS)
        .default(Literal::NoElements),
    Field::texts("tool_ids", "Tools that were made with /v2/tools, by id.")
        .page(guide!("pal/tools"))
        .at_most(50)
        .names_tools(),
    Field::texts(
        "memories",
        "What the persona remembers between conversations.",
    )
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
    .required(Requirement::Together("api_key")),
    Field::text("api_key", "The endpoint's key.")
        .secret()
        .required(Requirement::Together("base_url")),
    Field::flag(
        "speculative_inference",
        "Whether the model starts before the speaker has ended.",
    )
    .default(Literal::Flag(true)),
    Field::tools("tools", "Functions that the model may call.")
        .page(guide!("pal/llm-tool"))
        .deprecated(
            Some("/tool_ids"),
            "inline tools still run; new ones are made with /v2/tools",
        ),
    Field::map("headers", "HTTP headers for the endpoint.").holds_secrets(),
    Field::map(
        "extra_body",
        "Members that are added to each request: temperature, top_p, …",
    )
    .default(Literal::NoMembers),
    Field::map("default_query", "Query parameters for the endpoint.").holds_secrets(),
    Field::flag("disable_vision", "Whether the model gets no pictures."),
    Field::flag(
        "enable_llm_proxy",
        "Whether calls go through the service's proxy.",
    ),
    Field::text("model_name", "The model's name at the endpoint."),
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
    Field::text("api_key", "The engine's key, for private voices.").secret(),
    Field::text("external_voice_id", "The engine's voice."),
    Field::text("voice_id", "A voice of the service's own library."),
    Field::members("voice_settings", VOICE_SETTINGS, "How the voice sounds.").atomic(),
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
    .normalised(Normaliser::Number),
    Field::any("emotion", "Cartesia: the emotions to show."),
    Field::number("stability", "ElevenLabs: 0 to 1."),
    Field::number("similarity_boost", "ElevenLabs: 0 to 1."),
    Field::number("style", "ElevenLabs: 0 to 1."),
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
    Field::text("hotwords", "Words to listen for, as one string.").default(Literal::Text("")),
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
    .default(Literal::NoElements),
    Field::text(
        "visual_tool_prompt",
        "When the visual tools are to be called.",
    ),
    Field::tools("visual_tools", "Functions that what is seen may call.").page(PERCEPTION_TOOLS),
    Field::texts(
        "audio_awareness_queries",
        "Questions that are asked of the sound all along; raven-1 and later.",
    )
    .default(Literal::NoElements),
    Field::text(
        "audio_tool_prompt",
        "When the audio tools are to be called; raven-1 and later.",
    ),
    Field::tools(
        "audio_tools",
        "Functions that what is heard may call; raven-1 and later.",
    )
    .page(PERCEPTION_TOOLS),
    Field::texts(
        "perception_analysis_queries",
        "Questions that are answered when the conversation has ended.",
    ),
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
    .deprecated(
        Some("/layers/perception/visual_awareness_queries"),
        "renamed with raven-1",
    ),
    Field::text("perception_tool_prompt", "When the tools are to be called.").deprecated(
        Some("/layers/perception/visual_tool_prompt"),
        "renamed with raven-1",
    ),
    Field::tools("perception_tools", "Functions that what is seen may call.")
        .page(PERCEPTION_TOOLS)
        .deprecated(
            Some("/layers/perception/visual_tools"),
            "renamed with raven-1",
        ),
    Field::text("tool_prompt", "When the tools are to be called.").deprecated(
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
    Field::text("wake_phrase", "What wakes the persona."),
    Field::text("sleep_phrase", "What sends the persona to sleep.")
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
    ),
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
    .normalised(Normaliser::LowerCase),
    Field::texts(
        "allowlist",
        "Who may invite the persona: addresses or patterns.",
    ),
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
    Field::number("rag_score_threshold", "How near a passage has to be."),
    Field::integer("rag_n_chunks", "How many passages are taken."),
    Field::integer(
        "rag_surrounding_chunk_radius",
        "How many neighbours each passage brings.",
    ),
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
