//! What a scalar means: the core schema of YAML 1.2 and nothing else, so `no`, `on`, `1_000` and
//! `12:30` are text.

use serde_json::Number;

use super::node::Data;

/// The meaning of a scalar without quotes; an error says what is wrong with it.
pub(crate) fn plain(text: &str) -> Result<Data, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Ok(Data::Null),
        "true" | "True" | "TRUE" => Ok(Data::Flag(true)),
        "false" | "False" | "FALSE" => Ok(Data::Flag(false)),
        _ => Ok(number(text)?.map_or_else(|| Data::Text(text.to_owned()), Data::Number)),
    }
}

/// The meaning of a scalar with a core tag such as `!!str`; `None` where there is no such tag.
pub(crate) fn tagged(kind: &str, text: &str) -> Option<Result<Data, String>> {
    let fits: fn(&Data) -> bool = match kind {
        "str" => return Some(Ok(Data::Text(text.to_owned()))),
        "null" => |data| matches!(data, Data::Null),
        "bool" => |data| matches!(data, Data::Flag(_)),
        "float" => |data| matches!(data, Data::Number(_)),
        "int" => {
            |data| matches!(data, Data::Number(number) if !number.as_str().contains(['.', 'e', 'E']))
        }
        _ => return None,
    };
    Some(match plain(text) {
        Ok(data) if !fits(&data) => Err(format!("`{text}` is no `!!{kind}`")),
        meaning => meaning,
    })
}

/// The number that `text` spells, in a spelling that JSON takes; `None` where it spells none.
fn number(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.trim_start_matches(['-', '+']);
    if text.len() - unsigned.len() > 1 {
        return Ok(None);
    }
    if let ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN" = unsigned {
        return Err(format!("`{text}` cannot be written in JSON"));
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return radix_number(text, digits, radix);
        }
    }
    let Some(spelling) = decimal(unsigned) else {
        return Ok(None);
    };
    let sign = if text.starts_with('-') { "-" } else { "" };
    let spelling = format!("{sign}{spelling}");
    let finite = spelling.parse::<f64>().is_ok_and(f64::is_finite);
    let number = spelling.parse().ok().filter(|_| finite);
    number
        .map(Some)
        .ok_or_else(|| "the number is too large".to_owned())
}

fn radix_number(text: &str, digits: &str, radix: u32) -> Result<Option<Number>, String> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Ok(None);
    }
    let value = u64::from_str_radix(digits, radix);
    value
        .map(|value| Some(Number::from(value)))
        .map_err(|_| format!("`{text}` is too large"))
}

/// The JSON spelling of a decimal without its sign: digits where JSON wants some, no leading zeros.
fn decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    if !exponent.is_empty() {
        let power = exponent[1..].strip_prefix(['-', '+']);
        let power = power.unwrap_or(&exponent[1..]);
        if power.is_empty() || !digits(power) {
            return None;
        }
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{whole}{point}{fraction}{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(data: &Data) -> String {
        match data {
            Data::Null => "null".to_owned(),
            Data::Flag(flag) => flag.to_string(),
            Data::Number(number) => number.to_string(),
            Data::Text(text) => format!("{text:?}"),
            other => panic!("no scalar: {other:?}"),
        }
    }

    #[test]
    fn only_the_core_schema_gives_meaning() {
        let rows = [
            ("", "null"),
            ("~", "null"),
            ("Null", "null"),
            ("nULL", "\"nULL\""),
            ("TRUE", "true"),
            ("false", "false"),
            ("no", "\"no\""),
            ("on", "\"on\""),
            ("1_000", "\"1_000\""),
            ("12:30", "\"12:30\""),
            ("2026-11-21", "\"2026-11-21\""),
            ("1.50", "1.50"),
            ("+1", "1"),
            ("-1", "-1"),
            ("+-1", "\"+-1\""),
            ("-.5", "-0.5"),
            ("5.", "5"),
            (".", "\".\""),
            ("007", "7"),
            ("0", "0"),
            ("-0", "-0"),
            ("1e-3", "1e-3"),
            ("1E3", "1e+3"),
            ("1e", "\"1e\""),
            ("e3", "\"e3\""),
            ("0o17", "15"),
            ("0xFf", "255"),
            ("0x", "\"0x\""),
            ("-0x1", "\"-0x1\""),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
        ];
        for (text, expected) in rows {
            let data = plain(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(spelt(&data), expected, "{text}");
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        for text in [".inf", "-.INF", ".nan", "1e999", "0xFFFFFFFFFFFFFFFFF"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }

    #[test]
    fn core_tags_are_honoured() {
        let spelling = |kind, text| tagged(kind, text).map(|meaning| meaning.map(|m| spelt(&m)));
        assert_eq!(spelling("str", "1"), Some(Ok("\"1\"".to_owned())));
        assert_eq!(spelling("int", "1"), Some(Ok("1".to_owned())));
        assert_eq!(spelling("float", "1.5"), Some(Ok("1.5".to_owned())));
        assert!(spelling("int", "1.5").is_some_and(|meaning| meaning.is_err()));
        assert!(spelling("bool", "no").is_some_and(|meaning| meaning.is_err()));
        assert_eq!(spelling("python/object", "x"), None);
    }
}
