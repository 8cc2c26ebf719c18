//! Tools that come, go, change places and change.

use serde_json::{Value, json};

use super::{Edits, tools};
use crate::dice::Dice;
use crate::persona::{Detail, fresh, tool};
use crate::words;

pub(super) const EDITS: Edits = &[
    ("tool: inserted first", |persona, dice| {
        insert(persona, |_| 0, dice)
    }),
    ("tool: inserted in the middle", |persona, dice| {
        insert(persona, |count| count / 2, dice)
    }),
    ("tool: inserted last", |persona, dice| {
        insert(persona, |count| count, dice)
    }),
    ("tools: two inserted", |persona, dice| {
        insert(persona, |count| count / 3, dice);
        insert(persona, |count| count - 1, dice);
    }),
    ("tools: three inserted first", |persona, dice| {
        (0..3).for_each(|_| insert(persona, |_| 0, dice));
    }),
    ("tool: deleted first", |persona, _| {
        drop(tools(persona).remove(0))
    }),
    ("tool: deleted in the middle", |persona, _| {
        let middle = tools(persona).len() / 2;
        tools(persona).remove(middle);
    }),
    ("tool: deleted last", |persona, _| {
        drop(tools(persona).pop())
    }),
    ("tools: three deleted", |persona, dice| {
        for _ in 0..3 {
            delete(persona, dice);
        }
    }),
    ("tools: every second deleted", |persona, _| {
        let mut index = 0;
        tools(persona).retain(|_| {
            index += 1;
            index % 2 == 1
        });
    }),
    ("tools: all but one deleted", |persona, _| {
        tools(persona).truncate(1)
    }),
    ("tools: all deleted", |persona, _| tools(persona).clear()),
    ("tool: renamed", rename),
    ("tool: renamed and described anew", |persona, dice| {
        let name = fresh(tools(persona), dice);
        let tool = any(persona, dice);
        tool["function"]["name"] = json!(name);
        tool["function"]["description"] = json!(words::sentence(dice));
    }),
    ("tools: three renamed", |persona, dice| {
        (0..3).for_each(|_| rename(persona, dice))
    }),
    ("tool: first moved last", |persona, _| {
        tools(persona).rotate_left(1)
    }),
    ("tool: last moved first", |persona, _| {
        tools(persona).rotate_right(1)
    }),
    ("tool: one moved", shift),
    ("tools: two moved", |persona, dice| {
        (0..2).for_each(|_| shift(persona, dice))
    }),
    ("tools: neighbours swapped", |persona, _| {
        tools(persona).swap(0, 1)
    }),
    ("tools: first and last swapped", |persona, _| {
        let last = tools(persona).len() - 1;
        tools(persona).swap(0, last);
    }),
    ("tools: sorted", |persona, _| {
        tools(persona).sort_by_key(|tool| tool["function"]["name"].to_string());
    }),
    ("tools: reversed", |persona, _| tools(persona).reverse()),
    ("tool: described anew", describe),
    ("tools: three described anew", |persona, dice| {
        (0..3).for_each(|_| describe(persona, dice))
    }),
    ("tools: all described anew", |persona, dice| {
        for tool in tools(persona) {
            tool["function"]["description"] = json!(words::sentence(dice));
        }
    }),
    ("tool: one word of a description", |persona, dice| {
        super::rewrite(any(persona, dice), "/function/description", |text| {
            words::with_one_word_changed(text, dice)
        });
    }),
    ("tool: exchanged for another", |persona, dice| {
        let new = tool(&fresh(tools(persona), dice), Detail::Plain, dice);
        *any(persona, dice) = new;
    }),
    ("tools: all exchanged", |persona, dice| {
        for index in 0..tools(persona).len() {
            let name = fresh(tools(persona), dice);
            tools(persona)[index] = tool(&name, detail(dice), dice);
        }
    }),
    (
        "tool: one inserted first, one deleted last",
        |persona, dice| {
            insert(persona, |_| 0, dice);
            tools(persona).pop();
        },
    ),
    (
        "tool: one inserted first, one described anew",
        |persona, dice| {
            describe(persona, dice);
            insert(persona, |_| 0, dice);
        },
    ),
    ("tool: one deleted first, one renamed", |persona, dice| {
        tools(persona).remove(0);
        rename(persona, dice);
    }),
    ("tool: moved and described anew", |persona, dice| {
        let at = dice.below(tools(persona).len());
        let mut moved = tools(persona).remove(at);
        moved["function"]["description"] = json!(words::sentence(dice));
        tools(persona).insert(0, moved);
    }),
    ("tool: renamed and moved", |persona, dice| {
        rename(persona, dice);
        shift(persona, dice);
    }),
    ("tool: duplicated", |persona, dice| {
        let copy = any(persona, dice).clone();
        tools(persona).push(copy);
    }),
    (
        "tool: duplicated next to itself under a new name",
        |persona, dice| {
            let at = dice.below(tools(persona).len());
            let mut copy = tools(persona)[at].clone();
            copy["function"]["name"] = json!(fresh(tools(persona), dice));
            tools(persona).insert(at + 1, copy);
        },
    ),
    ("tools: all duplicated", |persona, _| {
        let copy = tools(persona).clone();
        tools(persona).extend(copy);
    }),
    ("tool: made strict", |persona, dice| {
        any(persona, dice)["function"]["strict"] = json!(true)
    }),
    ("tools: all made strict", |persona, _| {
        for tool in tools(persona) {
            tool["function"]["strict"] = json!(true);
        }
    }),
];

fn any<'p>(persona: &'p mut Value, dice: &mut Dice) -> &'p mut Value {
    let tools = tools(persona);
    let at = dice.below(tools.len());
    &mut tools[at]
}

fn insert(persona: &mut Value, place: fn(usize) -> usize, dice: &mut Dice) {
    let tools = tools(persona);
    let new = tool(&fresh(tools, dice), detail(dice), dice);
    tools.insert(place(tools.len()), new);
}

fn detail(dice: &mut Dice) -> Detail {
    *dice.pick(&[Detail::Rich, Detail::Plain, Detail::Plain, Detail::Short])
}

fn delete(persona: &mut Value, dice: &mut Dice) {
    let tools = tools(persona);
    if tools.len() > 1 {
        tools.remove(dice.below(tools.len()));
    }
}

fn rename(persona: &mut Value, dice: &mut Dice) {
    let name = fresh(tools(persona), dice);
    any(persona, dice)["function"]["name"] = json!(name);
}

fn describe(persona: &mut Value, dice: &mut Dice) {
    any(persona, dice)["function"]["description"] = json!(words::sentence(dice));
}

fn shift(persona: &mut Value, dice: &mut Dice) {
    let tools = tools(persona);
    let moved = tools.remove(dice.below(tools.len()));
    tools.insert(dice.below(tools.len() + 1), moved);
}
