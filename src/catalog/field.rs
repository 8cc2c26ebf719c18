//! One row of the table: what is known of a field.

/// What is known of one member of a document.
#[derive(Debug)]
pub struct Field {
    /// The member's name, in the persona vocabulary.
    pub name: &'static str,
    /// The member's other spellings: first the one that the PAL vocabulary sends, then others that
    /// are accepted.
    pub aliases: &'static [&'static str],
    /// The shape of its value.
    pub kind: Kind,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// A value to start from: a text as it is, anything else as JSON.
    pub(super) example: Option<&'static str>,
    /// The page of the service's documentation, where it is another than that of what it stands in.
    pub doc: Option<&'static str>,
    /// Who writes it.
    pub access: Access,
    /// Whether its value has to be kept from sight.
    pub secrecy: Secrecy,
    /// What the service fills in where its parent is there and it is not.
    pub default: Option<Literal>,
    /// What the service makes of its value.
    pub normaliser: Normaliser,
    /// What the service makes it from.
    pub derived: Option<Derived>,
    /// What took its place.
    pub deprecated: Option<Deprecated>,
    /// When it has to be there.
    pub required: Requirement,
    /// Whether it is owned as a whole, although its members are known.
    pub atomic: bool,
    /// Whether operations below it must travel in a request of their own.
    pub apart: bool,
    /// How much of it a model takes.
    pub budget: Option<Budget>,
    /// Whether it names tools that are kept elsewhere.
    pub names_tools: bool,
}

/// How long a text may be, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What is advised.
    pub advised: usize,
    /// Where answers begin to get worse.
    pub poorer: usize,
    /// What is taken at most.
    pub most: usize,
}

/// The shape of a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// Any number.
    Number,
    /// A whole number.
    Integer,
    /// One string of a vocabulary.
    Word(Words),
    /// A list of strings, with at most so many of them.
    Texts(usize),
    /// A list of function tools.
    Tools,
    /// An object with the user's own members.
    Map,
    /// An object with members that this table knows.
    Members(&'static [Field]),
    /// An object with the user's own names, whose values are all like this one.
    Each(&'static Field),
    /// An object with codes of findings that can be weighed, whose values are all like this one.
    ByCode(&'static Field),
    /// The service's id of one, or an object with such an id for each environment.
    Ids,
    /// A list of JSON Pointers.
    Pointers,
    /// Anything.
    Any,
}

impl Kind {
    /// What a field of this kind takes, as messages say it.
    #[must_use]
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::Text | Self::Word(_) => "text",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Texts(_) => "a list of texts",
            Self::Tools => "a list of tools",
            Self::Map | Self::Members(_) | Self::Each(_) | Self::ByCode(_) => "a map",
            Self::Ids => "letters, digits, `-` and `_`",
            Self::Pointers => "JSON Pointers such as `/layers/tts`",
            Self::Any => "anything",
        }
    }
}

/// The strings that a field takes.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Those that are known, the current ones first.
    pub known: &'static [&'static str],
    /// Those among the known ones that the service is about to drop.
    pub deprecated: &'static [&'static str],
    /// Whether the service takes no others: models and engines come and go, so their vocabularies
    /// are open.
    pub closed: bool,
}

/// Who writes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The user.
    Writable,
    /// The service: never compared, never sent.
    ReadOnly,
}

/// Whether a value has to be kept from sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// It may be shown.
    Open,
    /// Its members may be secrets, those named like credentials are: it is never shown.
    Holds,
    /// It is a secret: read back masked or not at all, never shown, and only ever given by
    /// `!secret`.
    Secret,
}

/// A value that the service fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A string.
    Text(&'static str),
    /// A boolean.
    Flag(bool),
    /// An empty list.
    NoElements,
    /// An empty object.
    NoMembers,
}

/// What the service makes of a value, so that two spellings of it are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normaliser {
    /// It keeps the value as it is.
    None,
    /// `"true"` and `true` mean the same.
    Flag,
    /// `"1.2"` and `1.2` mean the same.
    Number,
    /// Letter case does not count.
    LowerCase,
}

/// How the service makes a value out of the one beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The member beside it.
    pub from: &'static str,
    /// What is put behind that member's value.
    pub suffix: &'static str,
}

/// What took a field's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// Where the successor stands, as a JSON Pointer; `None` where there is none.
    pub successor: Option<&'static str>,
    /// What to know when moving over.
    pub note: &'static str,
    /// Whether the successor's words mean the opposite: its vocabulary is this one backwards.
    pub inverted: bool,
}

/// When a member has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// It may be left out.
    Optional,
    /// It has to be there unless the member beside it has one of these values.
    Unless(&'static str, &'static [&'static str]),
    /// Where it is there, the member beside it has to be there as well.
    Together(&'static str),
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            kind,
            about,
            example: None,
            doc: None,
            access: Access::Writable,
            secrecy: Secrecy::Open,
            default: None,
            normaliser: Normaliser::None,
            derived: None,
            deprecated: None,
            required: Requirement::Optional,
            atomic: false,
            apart: false,
            budget: None,
            names_tools: false,
        }
    }

    pub(crate) const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Text, about)
    }

    pub(crate) const fn flag(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Flag, about)
    }

    pub(crate) const fn number(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Number, about)
    }

    pub(crate) const fn integer(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Integer, about)
    }

    pub(crate) const fn texts(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Texts(usize::MAX), about)
    }

    pub(crate) const fn tools(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Tools, about)
    }

    pub(crate) const fn map(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Map, about)
    }

    pub(crate) const fn any(name: &'static str, about: &'static str) -> Self {
        Self::new(name, Kind::Any, about)
    }

    pub(crate) const fn members(
        name: &'static str,
        members: &'static [Self],
        about: &'static str,
    ) -> Self {
        Self::new(name, Kind::Members(members), about)
    }

    /// A string of a vocabulary that grows.
    pub(crate) const fn open(
        name: &'static str,
        known: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self::new(
            name,
            Kind::Word(Words {
                known,
                deprecated: &[],
                closed: false,
            }),
            about,
        )
    }

    /// A string of a vocabulary that does not grow.
    pub(crate) const fn closed(
        name: &'static str,
        known: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self::new(
            name,
            Kind::Word(Words {
                known,
                deprecated: &[],
                closed: true,
            }),
            about,
        )
    }

    pub(crate) const fn retiring(mut self, deprecated: &'static [&'static str]) -> Self {
        if let Kind::Word(words) = self.kind {
            self.kind = Kind::Word(Words {
                deprecated,
                ..words
            });
        }
        self
    }

    pub(crate) const fn at_most(mut self, elements: usize) -> Self {
        self.kind = Kind::Texts(elements);
        self
    }

    pub(crate) const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(crate) const fn such_as(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }

    pub(crate) const fn page(mut self, doc: &'static str) -> Self {
        self.doc = Some(doc);
        self
    }

    pub(crate) const fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.secrecy = Secrecy::Secret;
        self
    }

    pub(crate) const fn holds_secrets(mut self) -> Self {
        self.secrecy = Secrecy::Holds;
        self
    }

    pub(crate) const fn default(mut self, default: Literal) -> Self {
        self.default = Some(default);
        self
    }

    pub(crate) const fn normalised(mut self, normaliser: Normaliser) -> Self {
        self.normaliser = normaliser;
        self
    }

    pub(crate) const fn derived(mut self, from: &'static str, suffix: &'static str) -> Self {
        self.derived = Some(Derived { from, suffix });
        self
    }

    pub(crate) const fn deprecated(
        mut self,
        successor: Option<&'static str>,
        note: &'static str,
    ) -> Self {
        self.deprecated = Some(Deprecated {
            successor,
            note,
            inverted: false,
        });
        self
    }

    /// Replaced by a field whose words mean the opposite.
    pub(super) const fn inverted(mut self, successor: &'static str, note: &'static str) -> Self {
        self.deprecated = Some(Deprecated {
            successor: Some(successor),
            note,
            inverted: true,
        });
        self
    }

    pub(crate) const fn required(mut self, required: Requirement) -> Self {
        self.required = required;
        self
    }

    pub(super) const fn within(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    pub(super) const fn names_tools(mut self) -> Self {
        self.names_tools = true;
        self
    }

    pub(crate) const fn atomic(mut self) -> Self {
        self.atomic = true;
        self
    }

    pub(crate) const fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// The members that are known below this field; none where it is no object of known members.
    #[must_use]
    pub const fn known_members(&self) -> &'static [Self] {
        match self.kind {
            Kind::Members(members) => members,
            _ => &[],
        }
    }
}
