//! Rust source as tokens: what rules about words need of it.
//!
//! The lexer is that of `proc-macro2`, which clap's derive compiles anyway. It forgets comments and tells a word in a
//! literal from one in code. What `#[cfg(test)]` and the feature `testing` keep for tests is cut out here, before
//! anything is parsed, because in tokens an item is easy to see the end of, whatever it is.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What marks an item as one of the tests.
const FOR_TESTS: &[&str] = &["cfg (test)", "cfg (feature = \"testing\")"];

/// Items that may hold braces before they end, and so end with a semicolon only.
const END_WITH_SEMICOLON: &[&str] = &["use", "const", "static", "type", "let"];

/// The tokens of a source, if it is Rust.
pub(super) fn tokens(source: &str) -> Option<TokenStream> {
    source.parse().ok()
}

/// The tokens without the items that are there for tests.
pub(super) fn shipped(tokens: TokenStream) -> TokenStream {
    let mut shipped: Vec<TokenTree> = Vec::new();
    // The attributes of the item that comes: it is told by them whether it ships.
    let mut attributes: Vec<TokenTree> = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let opens_attribute = is_punct(&token, '#') && matches!(rest.peek(), Some(TokenTree::Group(_)));
        if opens_attribute {
            attributes.push(token);
            attributes.extend(rest.next());
        } else if attributes.iter().any(is_for_tests) {
            attributes.clear();
            skip_item(token, &mut rest);
        } else {
            shipped.append(&mut attributes);
            shipped.push(match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self::shipped(group.stream()));
                    inner.set_span(group.span());
                    inner.into()
                }
                other => other,
            });
        }
    }
    shipped.into_iter().collect()
}

/// Walks all tokens, those in groups, attributes and macros included; doc comments are left out.
pub(super) fn walk(tokens: TokenStream, visit: &mut impl FnMut(&TokenTree)) {
    for token in tokens {
        visit(&token);
        if let TokenTree::Group(group) = token
            && !is_doc(&group)
        {
            walk(group.stream(), visit);
        }
    }
}

/// Whether the code of a source names this word.
pub(super) fn names(source: &str, word: &str) -> bool {
    let mut found = false;
    walk(tokens(source).unwrap_or_default(), &mut |token| {
        found |= matches!(token, TokenTree::Ident(ident) if ident == word);
    });
    found
}

/// The contents of all string literals of a source.
pub(super) fn string_literals(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    walk(tokens(source).unwrap_or_default(), &mut |token| {
        if let TokenTree::Literal(literal) = token
            && let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string())
        {
            texts.push(text.value());
        }
    });
    texts
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// A doc comment is an attribute to the lexer.
fn is_doc(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket && matches!(first, Some(TokenTree::Ident(word)) if word == "doc")
}

fn is_for_tests(attribute: &TokenTree) -> bool {
    matches!(attribute, TokenTree::Group(group) if FOR_TESTS.contains(&group.stream().to_string().as_str()))
}

/// Drops what follows up to the end of the item that `first` begins.
fn skip_item(first: TokenTree, rest: &mut impl Iterator<Item = TokenTree>) {
    let mut braces_end_it = true;
    for token in std::iter::once(first).chain(rest) {
        match token {
            TokenTree::Ident(word) if END_WITH_SEMICOLON.iter().any(|one| word == one) => braces_end_it = false,
            TokenTree::Ident(word) if word == "fn" => braces_end_it = true,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && braces_end_it => return,
            token if is_punct(&token, ';') => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_told_apart() {
        #[track_caller]
        fn check(source: &str, names_b: bool, literals: &[&str]) {
            assert_eq!(names(source, "b"), names_b, "{source}");
            assert_eq!(string_literals(source), literals, "{source}");
        }
        check("a // b\nc", false, &[]);
        check("a /* b\n */ c", false, &[]);
        check("/// b\nfn a() {}", false, &[]);
        check("#![doc = \"b\"] f(b)", true, &[]);
        check("f(\"a // b\") // c", false, &["a // b"]);
        check(r#"f("a \" b", 'x')"#, false, &[r#"a " b"#]);
        check("f(r#\"a \" b\"#)", false, &["a \" b"]);
        check("f(\"a \\\n  c\", b)", true, &["a c"]);
        check("x == '\"' // b", false, &[]);
        check("fn f<'a>(x: &'a str) {}", false, &[]);
    }

    #[test]
    fn what_is_there_for_tests_does_not_ship() {
        #[track_caller]
        fn check(source: &str, expected: &str) {
            let read = |source| tokens(source).expect("it is Rust");
            assert_eq!(
                shipped(read(source)).to_string(),
                read(expected).to_string(),
                "{source}"
            );
        }
        check("fn a() {} #[cfg(test)] mod tests { fn b() {} }", "fn a() {}");
        check("#[cfg(test)] mod tests; fn a() {}", "fn a() {}");
        check("#[cfg(test)] use b::{c, d}; fn a() {}", "fn a() {}");
        check("#[cfg(test)] const fn b() -> u8 { 1 } fn a() {}", "fn a() {}");
        check("/** b */ #[cfg(test)] #[inline] pub(crate) fn b() {}", "");
        check(
            "impl A { #[cfg(test)] fn b(&self) {} fn a() {} }",
            "impl A { fn a() {} }",
        );
        check("#[cfg(feature = \"testing\")] pub mod testing; fn a() {}", "fn a() {}");
        check("#[cfg(unix)] fn a() {}", "#[cfg(unix)] fn a() {}");
    }
}
