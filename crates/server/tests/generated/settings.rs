//! The page of settings for operators.

use expect_test::expect_file;

#[test]
fn the_page_of_settings_says_what_there_is_to_set() {
    expect_file!["../../../../docs/operate/settings.md"].assert_eq(&server::settings_page());
}
