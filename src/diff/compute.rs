//! From two documents to the patch that turns the one into the other: the cheapest in bytes, and among
//! equals the one that touches the fewest places.

use serde_json::{Map, Value};

use super::array;
use super::edit::{Cost, Edit, Guards, Priced, Shows, member_at};
use super::patch::Patch;
use super::same::{Beside, same};
use super::weigh::{size, size_within};
use crate::model::Pointer;

/// How deep the two documents are walked side by side; what differs deeper down is replaced.
const DEEPEST: usize = 128;

/// How many pairs of elements of two lists are weighed against one another. In lists beyond this, elements
/// are first held fast where they are equal; in gaps beyond this, they are paired by position.
const MOST_PAIRS: usize = 64 * 64;
/// How many pairs are weighed in lists within lists, multiplied: few enough for any nesting to end soon.
const BUDGET: usize = 1 << 13;

/// How lists are patched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Element by element, by index.
    #[default]
    Indexed,
    /// As a whole.
    Whole,
}

/// What a patch may do.
#[derive(Clone, Copy)]
pub struct Rules<'r> {
    /// How lists are patched.
    pub dialect: Dialect,
    /// Whether the object at this pointer must never be set as a whole, although it is there already:
    /// it may hold what cannot be read. Where one is, all objects around it are. It goes with one that is
    /// removed, and gives way to a value of another type. Other objects are owned as a whole, as lists
    /// are.
    pub keeps: &'r dyn Fn(&Pointer) -> bool,
    /// Whether the old value at this pointer may be asserted before it is edited, replaced or taken away;
    /// `None` where nothing is asserted.
    pub guards: Option<Shows<'r>>,
}

impl Default for Rules<'_> {
    fn default() -> Self {
        Self {
            dialect: Dialect::Indexed,
            keeps: &|_| false,
            guards: None,
        }
    }
}

/// The patch that turns `before` into `after`, lists element by element.
#[must_use]
pub fn compute(before: &Value, after: &Value) -> Patch {
    compute_with(before, after, Rules::default())
}

/// The patch that turns `before` into `after`. Members that are absent or null are added, others are
/// replaced. What is asserted comes first, where it stands before anything moves. The same for the same
/// two documents, whatever the order of their members.
#[must_use]
pub fn compute_with(before: &Value, after: &Value, rules: Rules<'_>) -> Patch {
    let walk = Walk::of(&rules);
    let edit = walk.node(before, after).edit;
    let mut operations = Vec::new();
    if let Some(shows) = rules.guards {
        let keeps = rules.keeps;
        let guards = Guards { keeps, shows };
        edit.guard(&Pointer::root(), before, guards, &mut operations);
    }
    edit.write(&Pointer::root(), &mut operations);
    Patch(operations)
}

/// Where the two documents are compared.
pub(super) struct Walk<'w> {
    rules: &'w Rules<'w>,
    /// The object around this place, and the member's name in it.
    up: Option<(&'w Self, &'w str)>,
    /// The size of the pointer to this place.
    pub(super) size: usize,
    depth: usize,
    /// How many pairs of elements may be weighed from here down, pairs within pairs multiplied. Where it
    /// is spent, lists are replaced.
    budget: usize,
    /// Whether only members lead here: elements move, so that nothing below them has a place.
    is_placed: bool,
}

impl<'w> Walk<'w> {
    const fn of(rules: &'w Rules<'w>) -> Self {
        Self {
            rules,
            up: None,
            size: 0,
            depth: 0,
            budget: BUDGET,
            is_placed: true,
        }
    }
}

impl Walk<'_> {
    /// How many pairs of elements of two lists may be weighed against one another here.
    pub(super) fn most_pairs(&self) -> usize {
        self.budget.min(MOST_PAIRS)
    }

    /// The cheapest edit that turns the value here from `before` into `after`.
    pub(super) fn node<'v>(&self, before: &'v Value, after: &'v Value) -> Priced<'v> {
        match (before, after) {
            _ if self.depth > DEEPEST => self.unless_equal(before, after),
            (Value::Object(before), Value::Object(members)) => {
                let edited = self.members(before, members);
                match edited.edit {
                    Edit::Keep => edited,
                    _ if self.is_kept() => edited,
                    _ => self.or_replace(edited, after),
                }
            }
            (Value::Array(before), Value::Array(elements))
                if self.rules.dialect == Dialect::Indexed && self.budget > 0 =>
            {
                let edited = array::elements(self, before, elements);
                match edited.edit {
                    Edit::Keep => edited,
                    _ => self.or_replace(edited, after),
                }
            }
            _ => self.unless_equal(before, after),
        }
    }

    /// One member deeper.
    fn member<'w>(&'w self, name: &'w str) -> Walk<'w> {
        let (size, depth) = (member_at(self.size, name), self.depth + 1);
        Walk {
            budget: self.budget,
            rules: self.rules,
            up: Some((self, name)),
            size,
            depth,
            is_placed: self.is_placed,
        }
    }

    /// One element deeper, where the pointer has this size, in one of so many pairs that are looked at.
    pub(super) fn element(&self, size: usize, pairs: usize) -> Walk<'_> {
        Walk {
            budget: (self.budget / pairs.max(1)).saturating_sub(1),
            rules: self.rules,
            up: None,
            size,
            depth: self.depth + 1,
            is_placed: false,
        }
    }

    /// Whether the object here must not be set as a whole, as the document itself never is.
    fn is_kept(&self) -> bool {
        self.depth == 0 || self.is_placed && (self.rules.keeps)(&self.pointer())
    }

    fn pointer(&self) -> Pointer {
        self.up
            .map_or_else(Pointer::root, |(up, name)| up.pointer().join(name))
    }

    fn members<'v>(
        &self,
        before: &'v Map<String, Value>,
        after: &'v Map<String, Value>,
    ) -> Priced<'v> {
        let mut beside = Beside::of(after);
        let mut shared = 0;
        let mut edits = Vec::new();
        for (name, old) in before {
            let new = beside.get(name);
            shared += usize::from(new.is_some());
            edits.push((name.as_str(), self.changed(name, old, new)));
        }
        if shared < after.len() {
            let is_new = |member: &(&'v String, &'v Value)| !before.contains_key(member.0);
            let added = after.iter().filter(is_new);
            edits.extend(added.map(|(name, new)| (name.as_str(), self.add(name, new))));
        }
        edits.retain(|(_, priced)| !matches!(priced.edit, Edit::Keep));
        edits.sort_unstable_by_key(|(name, _)| *name);
        Priced::members(edits)
    }

    /// What becomes of a member that was there before.
    fn changed<'v>(&self, name: &str, old: &'v Value, new: Option<&'v Value>) -> Priced<'v> {
        match new {
            None => Priced {
                edit: Edit::Remove,
                cost: Cost::removing(member_at(self.size, name)),
            },
            Some(new) if is_scalar(old) && old == new => Priced::KEEP,
            Some(new) if old.is_null() => self.add(name, new),
            Some(new) => self.member(name).node(old, new),
        }
    }

    fn add<'v>(&self, name: &str, value: &'v Value) -> Priced<'v> {
        Priced {
            edit: Edit::Add(value),
            cost: Cost::setting("add", member_at(self.size, name), size(value)),
        }
    }

    fn replace<'v>(&self, after: &'v Value, size: usize) -> Priced<'v> {
        Priced {
            edit: Edit::Replace(after),
            cost: Cost::setting("replace", self.size, size),
        }
    }

    fn unless_equal<'v>(&self, before: &Value, after: &'v Value) -> Priced<'v> {
        if same(before, after) {
            Priced::KEEP
        } else {
            self.replace(after, size(after))
        }
    }

    /// The edit, or setting the whole value where that is cheaper.
    fn or_replace<'v>(&self, edited: Priced<'v>, after: &'v Value) -> Priced<'v> {
        let frame = Cost::setting("replace", self.size, 0).bytes;
        let limit = edited.cost.bytes.checked_sub(frame);
        let size = limit.and_then(|limit| size_within(after, limit));
        let whole = size.map(|size| self.replace(after, size));
        whole
            .filter(|whole| whole.cost < edited.cost)
            .unwrap_or(edited)
    }
}

const fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::diff::{Operation, any_json};

    fn patch(before: &Value, after: &Value) -> Value {
        serde_json::to_value(compute(before, after)).expect("a patch is JSON")
    }

    #[test]
    fn an_absent_or_null_member_is_added_and_a_present_one_replaced() {
        let before = json!({"a": null, "b": 1, "c": 2, "x~/y": "old"});
        let after = json!({"a": 1, "b": 2, "d": 3, "x~/y": "new"});
        assert_eq!(
            patch(&before, &after),
            json!([
                {"op": "add", "path": "/a", "value": 1},
                {"op": "replace", "path": "/b", "value": 2},
                {"op": "remove", "path": "/c"},
                {"op": "add", "path": "/d", "value": 3},
                {"op": "replace", "path": "/x~0~1y", "value": "new"},
            ])
        );
    }

    #[test]
    fn one_edited_element_is_one_operation() {
        let tool =
            |name: &str, text: &str| json!({"function": {"name": name, "description": text}});
        let before = json!({"tools": [tool("a", "x"), tool("b", "x"), tool("c", "x")]});
        let after = json!({"tools": [tool("a", "x"), tool("b", "y"), tool("c", "x")]});
        assert_eq!(
            patch(&before, &after),
            json!([{"op": "replace", "path": "/tools/1/function/description", "value": "y"}])
        );
    }

    fn tools(names: &[&str]) -> Value {
        let tool = |name: &&str| {
            let description = format!("What {name} does, in a sentence of its own about {name}.");
            let parameters = json!({"type": "object", "properties": {*name: {"type": "string"}}});
            json!({"type": "function", "function": {"name": name, "description": description, "parameters": parameters}})
        };
        json!({"tools": names.iter().map(tool).collect::<Vec<_>>()})
    }

    fn touched(before: &Value, after: &Value) -> Vec<String> {
        let operations = compute(before, after).0;
        operations
            .iter()
            .map(|operation| format!("{} {}", operation.op(), operation.path()))
            .collect()
    }

    /// Names of tools before and after, and the operations that lead from the one to the other.
    #[test]
    fn tools_that_come_and_go_leave_the_others_alone() {
        let rows: [(&[&str], &[&str], &[&str]); 6] = [
            (&["a", "b", "c"], &["z", "a", "b", "c"], &["add /tools/0"]),
            (&["a", "b", "c"], &["b", "c"], &["remove /tools/0"]),
            (
                &["a", "b", "c", "d", "e"],
                &["b", "d"],
                &["remove /tools/4", "remove /tools/2", "remove /tools/0"],
            ),
            (
                &["a", "b", "c"],
                &["a", "x", "b", "y", "c"],
                &["add /tools/1", "add /tools/3"],
            ),
            (
                &["a", "b", "c"],
                &["c", "a", "b"],
                &["remove /tools/2", "add /tools/0"],
            ),
            (
                &["a", "b", "c"],
                &["x", "b"],
                &["remove /tools/2", "replace /tools/0/function"],
            ),
        ];
        for (before, after, expected) in rows {
            assert_eq!(
                touched(&tools(before), &tools(after)),
                expected,
                "{before:?} {after:?}"
            );
        }
    }

    #[test]
    fn a_tool_that_has_moved_on_is_edited_where_it_stands_now() {
        let before = tools(&["a", "b", "c"]);
        let mut after = tools(&["z", "a", "b", "c"]);
        after["tools"][2]["function"]["description"] = json!("edited");
        assert_eq!(
            touched(&before, &after),
            ["add /tools/0", "replace /tools/2/function/description"]
        );
    }

    #[test]
    fn an_object_that_is_kept_is_edited_even_where_replacing_it_is_cheaper() {
        let before = json!({"layers": {"llm": {"a": 1, "b": 2, "c": 3, "d": 4}}});
        let after = json!({"layers": {"llm": {}}});
        assert_eq!(touched(&before, &after), ["replace /layers/llm"]);
        let rules = Rules {
            keeps: &|_| true,
            ..Rules::default()
        };
        let kept = compute_with(&before, &after, rules);
        assert!(
            kept.0.iter().all(|operation| operation.op() == "remove"),
            "{kept:?}"
        );
    }

    fn guarded(before: &Value, after: &Value) -> Patch {
        let rules = Rules {
            guards: Some(&|_, _| true),
            ..Rules::default()
        };
        compute_with(before, after, rules)
    }

    fn asserted(patch: &Patch) -> Vec<(String, Value)> {
        let tests = patch.0.iter().filter_map(|operation| match operation {
            Operation::Test(path, value) => Some((path.to_string(), value.clone())),
            _ => None,
        });
        tests.collect()
    }

    #[test]
    fn a_list_that_is_edited_is_asserted_once_and_whole() {
        let before = tools(&["a", "b", "c"]);
        let list = [("/tools".to_owned(), before["tools"].clone())];
        let mut edited = before.clone();
        edited["tools"][1]["function"]["strict"] = json!(true);
        edited["tools"][2]["function"]["strict"] = json!(true);
        let gained = tools(&["a", "b", "c", "d"]);
        let lost = tools(&["a", "c"]);
        for after in [edited, gained, lost] {
            let patch = guarded(&before, &after);
            assert_eq!(asserted(&patch), list);
            for moved in [
                tools(&["z", "a", "b", "c"]),
                tools(&["a", "b", "c", "z"]),
                tools(&["b", "a", "c"]),
                tools(&["b", "c"]),
            ] {
                assert!(!patch.guards_hold(&moved));
                assert!(patch.apply(&moved).is_err());
            }
        }
    }

    #[test]
    fn an_object_that_is_owned_as_a_whole_is_asserted_whole() {
        let before = json!({"layer": {"voice": {"speed": 1, "style": {"a": 1, "b": 2}}}});
        let mut after = before.clone();
        after["layer"]["voice"]["style"]["c"] = json!(3);
        let rules = Rules {
            keeps: &|pointer| pointer.as_str() == "/layer",
            guards: Some(&|_, _| true),
            ..Rules::default()
        };
        let patch = compute_with(&before, &after, rules);
        let voice = before["layer"]["voice"].clone();
        assert_eq!(asserted(&patch), [("/layer/voice".to_owned(), voice)]);
        let kept = Rules {
            keeps: &|_| true,
            ..rules
        };
        assert_eq!(asserted(&compute_with(&before, &after, kept)), []);
    }

    #[test]
    fn where_not_all_may_be_shown_what_may_is_asserted() {
        let before = json!({"list": [{"b": 1, "a": 2, "hidden": 3}, [4], "hidden", 5]});
        let mut after = before.clone();
        after["list"][3] = json!(6);
        let rules = Rules {
            guards: Some(&|_, value| !value.to_string().contains("hidden") && *value != 3),
            ..Rules::default()
        };
        let rows = [
            ("/list/0/a", json!(2)),
            ("/list/0/b", json!(1)),
            ("/list/1", json!([4])),
            ("/list/3", json!(5)),
        ];
        assert_eq!(
            asserted(&compute_with(&before, &after, rules)),
            rows.map(|(path, value)| (path.to_owned(), value))
        );
    }

    #[test]
    fn elements_of_one_key_meet_in_long_lists_too() {
        let names: Vec<String> = (0..80).map(|number| format!("tool{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let before = tools(&names);
        let mut after = tools(&[&["first"], names.as_slice()].concat());
        for tool in after["tools"].as_array_mut().expect("a list") {
            tool["function"]["strict"] = json!(true);
        }
        let touched = touched(&before, &after);
        assert_eq!(touched.len(), 81);
        assert_eq!(touched[80], "add /tools/80/function/strict");
    }

    #[test]
    fn long_lists_and_deep_documents_end() {
        let list = |numbers: &mut dyn Iterator<Item = usize>| {
            json!(numbers.map(|n| json!({"n": n})).collect::<Vec<_>>())
        };
        let grid = |step: usize| {
            let row = |x| {
                (0..12)
                    .map(|y| json!([x * y % step, y % step]))
                    .collect::<Value>()
            };
            (0..12).map(row).collect::<Value>()
        };
        let nested = |leaf: usize| (0..100).fold(json!(leaf), |inner, _| json!([inner]));
        let deep = |leaf: usize| (0..500).fold(json!(leaf), |inner, _| json!({"a": inner}));
        let pairs = [
            (list(&mut (0..3000)), list(&mut (1500..4500))),
            (list(&mut (0..3000)), list(&mut (0..3000).rev())),
            (list(&mut (0..3000)), list(&mut (3000..6000))),
            (grid(5), grid(7)),
            (deep(1), deep(2)),
            (
                json!((0..300).map(nested).collect::<Vec<_>>()),
                json!((300..600).map(nested).collect::<Vec<_>>()),
            ),
        ];
        for (before, after) in pairs {
            let patch = compute(&before, &after);
            assert_eq!(patch.apply(&before).expect("it applies"), after);
        }
    }

    #[test]
    fn elements_are_removed_from_the_end_and_inserted_in_order() {
        let before = json!(["a long first element", "b", "c", "a long last element"]);
        assert_eq!(
            patch(
                &before,
                &json!(["a long first element", "a long last element"])
            ),
            json!([{"op": "remove", "path": "/2"}, {"op": "remove", "path": "/1"}])
        );
        assert_eq!(
            patch(
                &json!(["a long first element", "a long last element"]),
                &before
            ),
            json!([{"op": "add", "path": "/1", "value": "b"}, {"op": "add", "path": "/2", "value": "c"}])
        );
    }

    /// The value with its members in another order.
    fn turned(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let turned = members
                    .iter()
                    .rev()
                    .map(|(name, value)| (name.clone(), turned(value)));
                Value::Object(turned.collect())
            }
            Value::Array(elements) => elements.iter().map(turned).collect(),
            scalar => scalar.clone(),
        }
    }

    proptest! {
        #[test]
        fn applying_the_patch_gives_the_target(before in any_json(), after in any_json()) {
            let patched = compute(&before, &after).apply(&before).expect("our own patch applies");
            prop_assert_eq!(patched, after);
        }

        #[test]
        fn lists_are_replaced_whole_in_the_dialect_for_that(before in any_json(), after in any_json()) {
            let patch = compute_with(&before, &after, Rules { dialect: Dialect::Whole, ..Rules::default() });
            prop_assert_eq!(patch.apply(&before).expect("our own patch applies"), after);
            let indexed = |operation: &Operation| operation.path().tokens().any(|token| token.parse::<usize>().is_ok());
            prop_assert!(!patch.0.iter().any(indexed), "{:?}", patch);
        }

        #[test]
        fn no_patch_is_larger_than_one_that_replaces_lists_whole(before in any_json(), after in any_json()) {
            let whole = Rules { dialect: Dialect::Whole, ..Rules::default() };
            let size = |patch: &Patch| serde_json::to_string(patch).expect("JSON").len();
            prop_assert!(size(&compute(&before, &after)) <= size(&compute_with(&before, &after, whole)));
        }

        #[test]
        fn guards_hold_as_long_as_nothing_moves(before in any_json(), after in any_json()) {
            let rules = Rules { guards: Some(&|_, _| true), ..Rules::default() };
            let patch = compute_with(&before, &after, rules);
            prop_assert_eq!(&patch.apply(&before).expect("the guards hold"), &after);
            prop_assert!(patch.guards_hold(&before));
            prop_assert_eq!(patch.without_guards(), compute(&before, &after));
        }

        #[test]
        fn the_price_of_an_edit_is_what_it_takes_in_a_request(before in any_json(), after in any_json()) {
            let rules = Rules::default();
            let priced = Walk::of(&rules).node(&before, &after);
            let sizes = compute(&before, &after).0.into_iter().map(|operation| {
                serde_json::to_string(&operation).expect("JSON").len() + ",".len()
            });
            prop_assert_eq!(priced.cost.bytes, sizes.sum::<usize>());
        }

        #[test]
        fn the_order_of_members_does_not_count(before in any_json(), after in any_json()) {
            let rules = Rules { guards: Some(&|_, _| true), ..Rules::default() };
            let patch = |before: &Value, after: &Value| {
                serde_json::to_string(&compute_with(before, after, rules)).expect("JSON")
            };
            prop_assert_eq!(patch(&before, &after), patch(&turned(&before), &turned(&after)));
        }

        #[test]
        fn equal_documents_need_no_patch(document in any_json()) {
            prop_assert!(compute(&document, &document).is_empty());
        }
    }
}
