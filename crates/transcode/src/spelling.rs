//! The two spellings of a field: `access_type` in proto and on the wire, `accessType` in JSON. Callers write either, and in
//! masks too, whose paths join such names with dots.

/// The spelling of proto: `config.accessType` is `config.access_type`, which stays as it is.
pub fn snake_case(path: &str) -> String {
    let mut snake = String::with_capacity(path.len() + 4);
    for letter in path.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The spelling of JSON: `config.access_type` is `config.accessType`, which stays as it is.
pub fn lower_camel_case(path: &str) -> String {
    let mut camel = String::with_capacity(path.len());
    let mut after_underscore = false;
    for letter in path.chars() {
        if letter == '_' {
            after_underscore = true;
        } else {
            camel.push(if after_underscore {
                letter.to_ascii_uppercase()
            } else {
                letter
            });
            after_underscore = false;
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_spelling_is_made_of_either() {
        for (snake, camel) in [
            ("", ""),
            ("name", "name"),
            ("config.access_type", "config.accessType"),
            ("a_b_c,d_e", "aBC,dE"),
        ] {
            for given in [snake, camel] {
                assert_eq!(snake_case(given), snake, "{given}");
                assert_eq!(lower_camel_case(given), camel, "{given}");
            }
        }
        assert_eq!(lower_camel_case("a__b_"), "aB");
    }
}
