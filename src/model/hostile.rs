//! Characters that are not what they look like, wherever text is shown or written to be read.

/// Whether a character can move the cursor, change what is seen, or hide. Line feeds and tabs are
/// not among them.
pub(crate) const fn is_hostile(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Emoji, Persian and the scripts of India are not readable without their selectors and joiners, one of
/// each; beside letters that need none, and in greater number, they only hide.
pub(crate) fn joins(last: [char; 2], character: char) -> bool {
    let takes_joiner = |c: char| c > '\u{ff}' && !is_hostile(c);
    let takes_selector = |c: char| (c > '\u{a0}' || c.is_ascii_digit()) && !is_hostile(c);
    let is_selector = |c: char| matches!(c, '\u{fe0e}' | '\u{fe0f}');
    match character {
        selector if is_selector(selector) => takes_selector(last[1]),
        '\u{200c}' | '\u{200d}' if is_selector(last[1]) => takes_joiner(last[0]),
        '\u{200c}' | '\u{200d}' => takes_joiner(last[1]),
        _ => false,
    }
}
