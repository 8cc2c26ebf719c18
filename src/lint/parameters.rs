//! Whether the parameters of a tool are a valid JSON Schema, and one that a model can answer to.
//!
//! A table of the keywords of draft 2020-12 and of the drafts before it that are still in use: a schema library brings some forty
//! crates, and knows nothing of what a function's parameters have to be. A test holds the table against such a library.

use serde_json::{Map, Value};

use crate::catalog::nearest;
use crate::model::Pointer;

/// Where a tool has its parameters.
pub(super) const PLACE: &str = "/function/parameters";

/// Something wrong with a schema.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// The place in the schema.
    pub(super) at: Pointer,
    /// What follows the place in a message.
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// What a keyword takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Schema,
    Schemas,
    SchemaOrSchemas,
    /// A map from names to schemas.
    Named,
    /// A map from names to schemas or lists of names.
    NamedOrNames,
    Type,
    Text,
    /// Texts, each once.
    Names,
    /// A map from names to such lists.
    NameLists,
    /// A whole number, not below 0.
    Count,
    Number,
    Positive,
    Flag,
    List,
    Map,
}

const KEYWORDS: &[(&str, Shape)] = &[
    ("$anchor", Shape::Text),
    ("$comment", Shape::Text),
    ("$defs", Shape::Named),
    ("$dynamicAnchor", Shape::Text),
    ("$dynamicRef", Shape::Text),
    ("$id", Shape::Text),
    ("$ref", Shape::Text),
    ("$schema", Shape::Text),
    ("$vocabulary", Shape::Map),
    ("additionalItems", Shape::Schema),
    ("additionalProperties", Shape::Schema),
    ("allOf", Shape::Schemas),
    ("anyOf", Shape::Schemas),
    ("contains", Shape::Schema),
    ("contentEncoding", Shape::Text),
    ("contentMediaType", Shape::Text),
    ("contentSchema", Shape::Schema),
    ("definitions", Shape::Named),
    ("dependencies", Shape::NamedOrNames),
    ("dependentRequired", Shape::NameLists),
    ("dependentSchemas", Shape::Named),
    ("deprecated", Shape::Flag),
    ("description", Shape::Text),
    ("else", Shape::Schema),
    ("enum", Shape::List),
    ("examples", Shape::List),
    ("exclusiveMaximum", Shape::Number),
    ("exclusiveMinimum", Shape::Number),
    ("format", Shape::Text),
    ("if", Shape::Schema),
    ("items", Shape::SchemaOrSchemas),
    ("maxContains", Shape::Count),
    ("maxItems", Shape::Count),
    ("maxLength", Shape::Count),
    ("maxProperties", Shape::Count),
    ("maximum", Shape::Number),
    ("minContains", Shape::Count),
    ("minItems", Shape::Count),
    ("minLength", Shape::Count),
    ("minProperties", Shape::Count),
    ("minimum", Shape::Number),
    ("multipleOf", Shape::Positive),
    ("not", Shape::Schema),
    ("oneOf", Shape::Schemas),
    ("pattern", Shape::Text),
    ("patternProperties", Shape::Named),
    ("prefixItems", Shape::Schemas),
    ("properties", Shape::Named),
    ("propertyNames", Shape::Schema),
    ("readOnly", Shape::Flag),
    ("required", Shape::Names),
    ("then", Shape::Schema),
    ("title", Shape::Text),
    ("type", Shape::Type),
    ("unevaluatedItems", Shape::Schema),
    ("unevaluatedProperties", Shape::Schema),
    ("uniqueItems", Shape::Flag),
    ("writeOnly", Shape::Flag),
];

/// The keywords whose schemas are for values of their own.
const ALONE: [&str; 8] = [
    "$defs",
    "additionalProperties",
    "contains",
    "definitions",
    "items",
    "patternProperties",
    "prefixItems",
    "properties",
];

const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// Everything that is wrong with the parameters of a tool.
pub(super) fn flaws(parameters: &Value) -> Vec<Flaw> {
    let mut check = Check { flaws: Vec::new() };
    let root = Pointer::root();
    match parameters {
        // No parameters at all is a function without any.
        Value::Null => {}
        Value::Object(members) if members.is_empty() => {}
        Value::Object(members) => {
            check.keywords(&root, members);
            check.required(&root, members);
            check.is_object(&root, members);
        }
        _ => check.flaw(
            &root,
            "is no JSON Schema",
            Some("a map, such as {type: object, properties: {…}}"),
        ),
    }
    check.flaws
}

struct Check {
    flaws: Vec<Flaw>,
}

impl Check {
    /// Arguments are always an object.
    fn is_object(&mut self, root: &Pointer, members: &Map<String, Value>) {
        let is_object = match members.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
            Some(kind) => kind == "object",
            None => ["$ref", "allOf", "anyOf", "oneOf"]
                .iter()
                .any(|name| members.contains_key(*name)),
        };
        // A type that is none has its flaw already.
        let is_type = |kind: &Value| kind.as_str().is_some_and(|kind| TYPES.contains(&kind));
        if !is_object && members.get("type").is_none_or(is_type) {
            self.flaw(
                root,
                "is not of type object",
                Some("arguments are an object: write `type: object`"),
            );
        }
    }

    fn schema(&mut self, at: &Pointer, value: &Value) {
        match value {
            Value::Object(members) => self.keywords(at, members),
            Value::Bool(_) => {}
            _ => self.flaw(at, "is no schema", Some("a map, true or false")),
        }
    }

    fn keywords(&mut self, at: &Pointer, members: &Map<String, Value>) {
        for (name, value) in members {
            if let Ok(index) = KEYWORDS.binary_search_by_key(&name.as_str(), |(known, _)| known) {
                let (at, shape) = (at.join(name), KEYWORDS[index].1);
                self.keyword(&at, value, shape);
                if ALONE.contains(&name.as_str()) {
                    self.alone(&at, value, shape);
                }
            }
        }
    }

    /// What schemas for values of their own ask for; others add to the one that they stand in.
    fn alone(&mut self, at: &Pointer, value: &Value, shape: Shape) {
        let schemas: Vec<(Pointer, &Value)> = match (shape, value) {
            (Shape::Named, Value::Object(named)) => named
                .iter()
                .map(|(name, schema)| (at.join(name), schema))
                .collect(),
            (_, Value::Array(schemas)) => (0..)
                .zip(schemas)
                .map(|(index, schema): (usize, _)| (at.join(&index.to_string()), schema))
                .collect(),
            _ => vec![(at.clone(), value)],
        };
        for (at, schema) in schemas {
            if let Value::Object(members) = schema {
                self.required(&at, members);
            }
        }
    }

    fn keyword(&mut self, at: &Pointer, value: &Value, shape: Shape) {
        match (shape, value) {
            (Shape::Schema, _) => self.schema(at, value),
            (Shape::Schemas | Shape::SchemaOrSchemas, Value::Array(schemas)) => {
                self.schemas(at, schemas, shape);
            }
            (Shape::SchemaOrSchemas, _) => self.schema(at, value),
            (Shape::Named, Value::Object(named)) => {
                named
                    .iter()
                    .for_each(|(name, schema)| self.schema(&at.join(name), schema));
            }
            (Shape::NamedOrNames, Value::Object(named)) => {
                for (name, value) in named {
                    let shape = if value.is_array() {
                        Shape::Names
                    } else {
                        Shape::Schema
                    };
                    self.keyword(&at.join(name), value, shape);
                }
            }
            (Shape::NameLists, Value::Object(named)) => {
                for (name, value) in named {
                    self.keyword(&at.join(name), value, Shape::Names);
                }
            }
            (Shape::Type, _) => self.kind(at, value),
            (Shape::Names, Value::Array(names)) => self.names(at, names),
            _ if fits(shape, value) => {}
            _ => self.flaw(at, &format!("takes {}", wanted(shape)), None),
        }
    }

    fn schemas(&mut self, at: &Pointer, schemas: &[Value], shape: Shape) {
        if schemas.is_empty() && shape == Shape::Schemas {
            self.flaw(at, "takes one schema at least", None);
        }
        for (index, schema) in schemas.iter().enumerate() {
            self.schema(&at.join(&index.to_string()), schema);
        }
    }

    fn kind(&mut self, at: &Pointer, value: &Value) {
        match value {
            Value::String(kind) => self.type_name(at, kind),
            Value::Array(kinds) if !kinds.is_empty() => {
                for (index, kind) in kinds.iter().enumerate() {
                    let at = at.join(&index.to_string());
                    match kind.as_str() {
                        Some(name) if !kinds[..index].contains(kind) => self.type_name(&at, name),
                        Some(_) => self.flaw(&at, "is there a second time", None),
                        None => self.flaw(&at, "takes the name of a type", None),
                    }
                }
            }
            _ => self.flaw(at, "takes the name of a type, or several", None),
        }
    }

    fn type_name(&mut self, at: &Pointer, name: &str) {
        if TYPES.contains(&name) {
            return;
        }
        let meant = match name {
            "text" | "str" => Some("string"),
            "bool" => Some("boolean"),
            "int" => Some("integer"),
            "float" => Some("number"),
            "list" => Some("array"),
            "map" | "dict" => Some("object"),
            other => nearest(other, TYPES),
        };
        let hint = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the types are {}", TYPES.join(", ")),
        };
        self.flaw(at, &format!("names no type: `{name}`"), Some(&hint));
    }

    fn names(&mut self, at: &Pointer, names: &[Value]) {
        for (index, name) in names.iter().enumerate() {
            let at = at.join(&index.to_string());
            if !name.is_string() {
                self.flaw(&at, "takes a name", None);
            } else if names[..index].contains(name) {
                self.flaw(&at, "is there a second time", None);
            }
        }
    }

    /// What is asked for has to be described, unless another part of the schema may do that.
    fn required(&mut self, at: &Pointer, members: &Map<String, Value>) {
        let elsewhere = ["$ref", "allOf", "anyOf", "oneOf", "patternProperties"];
        if elsewhere.iter().any(|name| members.contains_key(*name)) {
            return;
        }
        let (Some(Value::Array(required)), Some(Value::Object(known))) =
            (members.get("required"), members.get("properties"))
        else {
            return;
        };
        let names = || known.keys().map(String::as_str);
        for (index, name) in required.iter().enumerate() {
            let Some(name) = name.as_str().filter(|name| !known.contains_key(*name)) else {
                continue;
            };
            let at = at.join("required").join(&index.to_string());
            let near = nearest(name, names()).map(|near| format!("did you mean `{near}`?"));
            let message = format!("asks for `{name}`, which is not among the properties");
            self.flaw(&at, &message, near.as_deref());
        }
    }

    fn flaw(&mut self, at: &Pointer, message: &str, hint: Option<&str>) {
        self.flaws.push(Flaw {
            at: at.clone(),
            message: message.to_owned(),
            hint: hint.map(str::to_owned),
        });
    }
}

fn fits(shape: Shape, value: &Value) -> bool {
    match shape {
        Shape::Text => value.is_string(),
        Shape::Count => value
            .as_f64()
            .is_some_and(|count| count >= 0.0 && count.fract() == 0.0),
        Shape::Number => value.is_number(),
        Shape::Positive => value.as_f64().is_some_and(|number| number > 0.0),
        Shape::Flag => value.is_boolean(),
        Shape::List => value.is_array(),
        Shape::Map => value.is_object(),
        _ => false,
    }
}

const fn wanted(shape: Shape) -> &'static str {
    match shape {
        Shape::Schema | Shape::SchemaOrSchemas => "a schema",
        Shape::Schemas => "a list of schemas",
        Shape::Named => "a map of schemas",
        Shape::NamedOrNames => "a map of schemas or of lists of names",
        Shape::NameLists => "a map of lists of names",
        Shape::Type => "a type",
        Shape::Text => "text",
        Shape::Names => "a list of names",
        Shape::Count => "a whole number, not below 0",
        Shape::Number => "a number",
        Shape::Positive => "a number above 0",
        Shape::Flag => "true or false",
        Shape::List => "a list",
        Shape::Map => "a map",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flaws_are_found_where_they_are() {
        let rows = [
            (json!({}), vec![]),
            (json!(null), vec![]),
            (json!("object"), vec![" is no JSON Schema"]),
            (json!({"type": "string"}), vec![" is not of type object"]),
            (json!({"properties": {}}), vec![" is not of type object"]),
            (json!({"$ref": "#/$defs/a", "$defs": {"a": true}}), vec![]),
            (
                json!({"type": "objekt"}),
                vec!["/type names no type: `objekt`"],
            ),
            (
                json!({"type": "object", "properties": {"type": {"type": "string"}}, "required": ["typ"]}),
                vec!["/required/0 asks for `typ`, which is not among the properties"],
            ),
            (
                json!({"type": "object", "required": "a", "properties": {"a": {"enum": "b", "minLength": -1}}}),
                vec![
                    "/required takes a list of names",
                    "/properties/a/enum takes a list",
                    "/properties/a/minLength takes a whole number, not below 0",
                ],
            ),
            (
                json!({"type": "object", "properties": {"a": {"items": [{"type": ["string", "string"]}]}}}),
                vec!["/properties/a/items/0/type/1 is there a second time"],
            ),
            (
                json!({"type": "object", "properties": {"a": {}}, "if": {"properties": {"a": {"const": 1}}},
                    "then": {"required": ["a"], "properties": {"b": {}}},
                    "not": {"required": ["a"], "properties": {"b": {}}},
                    "allOf": [{"required": ["a"], "properties": {"b": {}}}],
                    "dependentSchemas": {"items": {"required": ["a"], "properties": {"b": {}}}}}),
                vec![],
            ),
            (
                json!({"type": "object", "properties": {"then": {"required": ["a"], "properties": {"b": {}}}},
                    "then": {"properties": {"c": {"items": {"required": ["a"], "properties": {"b": {}}}}}},
                    "$defs": {"d": {"prefixItems": [{"required": ["a"], "properties": {"b": {}}}]}}}),
                vec![
                    "/properties/then/required/0 asks for `a`, which is not among the properties",
                    "/then/properties/c/items/required/0 asks for `a`, which is not among the properties",
                    "/$defs/d/prefixItems/0/required/0 asks for `a`, which is not among the properties",
                ],
            ),
        ];
        for (schema, expected) in rows {
            let found: Vec<_> = flaws(&schema)
                .iter()
                .map(|flaw| format!("{} {}", flaw.at, flaw.message))
                .collect();
            assert_eq!(found, expected, "{schema}");
        }
    }

    #[test]
    fn keywords_are_sorted_as_they_are_searched() {
        assert!(KEYWORDS.is_sorted_by_key(|(name, _)| *name));
    }
}
