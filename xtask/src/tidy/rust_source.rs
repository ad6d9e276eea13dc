//! Splits Rust source into code, comments and string literals: enough of the lexer for rules about words.
//!
//! A parser would be a dependency larger than this tool. What matters here is only that a word in a comment is not
//! taken for code, and that SQL is read from string literals.

/// The source without comments; string literals stay.
pub(super) fn code(source: &str) -> String {
    pieces(source)
        .into_iter()
        .filter(|piece| !matches!(piece, Piece::Comment))
        .map(Piece::text)
        .collect()
}

/// The contents of all string literals.
pub(super) fn string_literals(source: &str) -> Vec<&str> {
    let literal = |piece| {
        if let Piece::Literal(text) = piece {
            Some(text)
        } else {
            None
        }
    };
    pieces(source).into_iter().filter_map(literal).collect()
}

enum Piece<'a> {
    Code(&'a str),
    Comment,
    Literal(&'a str),
}

impl<'a> Piece<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Code(text) | Self::Literal(text) => text,
            Self::Comment => "",
        }
    }
}

fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut code_length = 0;
    while code_length < rest.len() {
        let (code, at) = rest.split_at(code_length);
        let Some((piece, length)) = special(at, code) else {
            code_length += at.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        pieces.push(Piece::Code(code));
        pieces.push(piece);
        rest = &at[length..];
        code_length = 0;
    }
    pieces.push(Piece::Code(rest));
    pieces
}

/// The comment or literal that starts here, with its length.
fn special<'a>(at: &'a str, before: &str) -> Option<(Piece<'a>, usize)> {
    if at.starts_with("//") {
        return Some((Piece::Comment, at.find('\n').unwrap_or(at.len())));
    }
    if at.starts_with("/*") {
        return Some((Piece::Comment, at.find("*/").map_or(at.len(), |end| end + 2)));
    }
    if at.starts_with("'\"'") || at.starts_with("'\\\"'") {
        let length = at[1..].find('\'').map_or(1, |end| end + 2);
        return Some((Piece::Code(&at[..length]), length));
    }
    let is_word_end = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let hashes = at
        .strip_prefix('r')
        .map_or(0, |raw| raw.len() - raw.trim_start_matches('#').len());
    if !is_word_end && at.strip_prefix('r').is_some_and(|raw| raw[hashes..].starts_with('"')) {
        let end_mark = format!("\"{}", "#".repeat(hashes));
        let start = 2 + hashes;
        let end = at[start..].find(&end_mark).map_or(at.len(), |end| start + end);
        return Some((Piece::Literal(&at[start..end]), (end + end_mark.len()).min(at.len())));
    }
    if let Some(literal) = at.strip_prefix('"') {
        let mut escaped = false;
        let length = literal.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let length = length.unwrap_or(literal.len());
        return Some((Piece::Literal(&literal[..length]), (length + 2).min(at.len())));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_told_apart() {
        #[track_caller]
        fn check(source: &str, expected_code: &str, literals: &[&str]) {
            assert_eq!(code(source), expected_code);
            assert_eq!(string_literals(source), literals);
        }
        check("a // b\nc", "a \nc", &[]);
        check("a /* b\n */ c", "a  c", &[]);
        check("f(\"a // b\") // c", "f(a // b) ", &["a // b"]);
        check(r#"f("a \" b", 'x')"#, r#"f(a \" b, 'x')"#, &[r#"a \" b"#]);
        check("f(r#\"a \" b\"#)", "f(a \" b)", &["a \" b"]);
        check("x == '\"' // y", "x == '\"' ", &[]);
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", &[]);
    }
}
