//! Sentences and names, no two alike for long, as they stand in prompts and tools.

use super::dice::Dice;

const VERBS: [&str; 24] = [
    "check",
    "confirm",
    "look up",
    "repeat",
    "explain",
    "offer",
    "cancel",
    "schedule",
    "record",
    "compare",
    "summarise",
    "translate",
    "forward",
    "find",
    "change",
    "update",
    "describe",
    "count",
    "rate",
    "open",
    "close",
    "collect",
    "verify",
    "suggest",
];
const NOUNS: [&str; 28] = [
    "order",
    "invoice",
    "appointment",
    "address",
    "question",
    "answer",
    "booking",
    "ticket",
    "parcel",
    "refund",
    "account",
    "lesson",
    "exhibit",
    "prescription",
    "candidate",
    "schedule",
    "voucher",
    "reservation",
    "warranty",
    "delivery",
    "interview",
    "complaint",
    "course",
    "visit",
    "contract",
    "payment",
    "language",
    "subscription",
];
const PEOPLE: [&str; 10] = [
    "customer",
    "visitor",
    "patient",
    "student",
    "guest",
    "caller",
    "applicant",
    "member",
    "colleague",
    "reader",
];
const MANNERS: [&str; 12] = [
    "calmly",
    "in one sentence",
    "before anything else",
    "word for word",
    "without hurry",
    "only once",
    "in their own language",
    "as soon as you can",
    "with an example",
    "in plain words",
    "at the end",
    "step by step",
];
const QUALITIES: [&str; 14] = [
    "open", "new", "late", "missing", "second", "urgent", "unpaid", "damaged", "shared", "early",
    "private", "final", "previous", "weekly",
];
const STARTS: [&str; 8] = [
    "If the",
    "When the",
    "Unless the",
    "As long as the",
    "Once the",
    "Although the",
    "Because the",
    "Until the",
];

/// One sentence of eight to some twenty words.
pub(crate) fn sentence(dice: &mut Dice) -> String {
    let (verb, other) = (dice.pick(&VERBS), dice.pick(&VERBS));
    let (noun, thing) = (dice.pick(&NOUNS), dice.pick(&NOUNS));
    let (quality, manner) = (dice.pick(&QUALITIES), dice.pick(&MANNERS));
    let (start, person) = (dice.pick(&STARTS), dice.pick(&PEOPLE));
    match dice.below(6) {
        0 => format!("{start} {person} mentions the {quality} {noun}, {verb} it {manner}."),
        1 => format!(
            "{} the {noun} {manner} and {other} the {quality} {thing}.",
            upper(verb)
        ),
        2 => format!("Never {verb} the {noun} of a {person} before you {other} the {thing}."),
        3 => format!(
            "{start} {noun} is {quality}, say so {manner} and {verb} the {thing} with the {person}."
        ),
        4 => format!("Ask the {person} for the {quality} {noun}; {other} the {thing} {manner}."),
        _ => format!(
            "The {person} may {verb} a {noun}, but only you {other} the {quality} {thing} {manner}."
        ),
    }
}

pub(crate) fn paragraph(dice: &mut Dice, sentences: usize) -> String {
    let sentences: Vec<_> = (0..sentences).map(|_| sentence(dice)).collect();
    sentences.join(" ")
}

/// A few words, as they describe a parameter.
pub(crate) fn phrase(dice: &mut Dice) -> String {
    let (quality, noun) = (dice.pick(&QUALITIES), dice.pick(&NOUNS));
    match dice.below(3) {
        0 => format!("The {quality} {noun}, {}.", dice.pick(&MANNERS)),
        1 => format!("Which {noun} of the {} is meant.", dice.pick(&PEOPLE)),
        _ => format!("What the {} said of the {noun}.", dice.pick(&PEOPLE)),
    }
}

/// A question that a model is to keep in mind.
pub(crate) fn question(dice: &mut Dice) -> String {
    let (person, noun) = (dice.pick(&PEOPLE), dice.pick(&NOUNS));
    match dice.below(3) {
        0 => format!("Does the {person} show a {} {noun}?", dice.pick(&QUALITIES)),
        1 => format!(
            "Is the {person} reading the {noun} {}?",
            dice.pick(&MANNERS)
        ),
        _ => format!("How many people look at the {noun} of the {person}?"),
    }
}

/// The name of a tool.
pub(crate) fn name(dice: &mut Dice) -> String {
    let verb = dice.pick(&VERBS).replace(' ', "_");
    format!("{verb}_{}_{}", dice.pick(&QUALITIES), dice.pick(&NOUNS))
}

/// The name of a parameter, or a word of an enumeration.
pub(crate) fn word(dice: &mut Dice) -> String {
    format!("{}_{}", dice.pick(&QUALITIES), dice.pick(&NOUNS))
}

/// Another word in the place of one in the middle.
pub(crate) fn with_one_word_changed(text: &str, dice: &mut Dice) -> String {
    let words: Vec<_> = text.split(' ').collect();
    let at = dice.below(words.len());
    let mut changed: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    changed[at] = format!("{}-{}", dice.pick(&QUALITIES), dice.below(100));
    changed.join(" ")
}

fn upper(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}
