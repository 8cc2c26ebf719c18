//! Numbers by their value, whatever their spelling.

use std::borrow::Cow;

/// One spelling for each value: `1`, `1.0`, `10e-1` and `01` are all `1`, `2500` is `25e2`. Exact,
/// as it works on the digits. `text` is a number as JSON or YAML spell it; any other text comes
/// back in a form of no meaning.
#[must_use]
pub fn canonical_decimal(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if plain && !text.starts_with('0') && !text.ends_with('0') {
        return Cow::Borrowed(text);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let negative = mantissa.starts_with('-');
    let (whole, fraction) = mantissa
        .trim_start_matches(['-', '+'])
        .split_once('.')
        .unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches(['-', '+']));
    let significant = digits.trim_end_matches('0');
    let shift = digits.len() - significant.len();
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Cow::Borrowed("0");
    }
    // An exponent beyond 64 bits is kept as text: such numbers are only equal to themselves.
    let Ok(exponent) = exponent.parse::<i64>() else {
        return Cow::Owned(text.to_owned());
    };
    let exponent = i128::from(exponent) + shift as i128 - fraction.len() as i128;
    let sign = if negative { "-" } else { "" };
    Cow::Owned(if exponent == 0 {
        format!("{sign}{significant}")
    } else {
        format!("{sign}{significant}e{exponent}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_spelling_and_others_do_not() {
        let classes: [&[&str]; 7] = [
            &["1", "1.0", "10e-1", "0.1e1", "1E0", "01", "+1"],
            &["-1", "-1.0", "-10e-1"],
            &["0", "-0", "0.0", "0e5", "00"],
            &["2500", "25e2", "2.5e3", "2500.0"],
            &["0.25", "25e-2", ".25"],
            &["123456789012345678901234567890"],
            &["123456789012345678901234567891"],
        ];
        for (index, class) in classes.iter().enumerate() {
            for text in *class {
                let home = classes
                    .iter()
                    .position(|other| canonical_decimal(other[0]) == canonical_decimal(text));
                assert_eq!(home, Some(index), "{text}");
            }
        }
    }
}
