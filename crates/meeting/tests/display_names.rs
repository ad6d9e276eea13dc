//! What may be a name, what is made of a text that may not, and that a name always shows something.

use meeting::{DisplayName, MalformedName, limits};
use proptest::prelude::*;

fn check(text: &str, expected: &Result<&str, MalformedName>) {
    let parsed = DisplayName::parse(text);
    assert_eq!(
        parsed.as_ref().map(DisplayName::as_str),
        expected.as_ref().copied(),
        "{text:?}"
    );
}

#[test]
fn display_names() {
    check("Anna", &Ok("Anna"));
    check("  Anna Bell\t", &Ok("Anna Bell"));
    check("علی‌رضا", &Ok("علی‌رضا"));
    check("👩‍👩‍👧", &Ok("👩‍👩‍👧"));
    check("", &Err(MalformedName::Empty));
    check(" \n ", &Err(MalformedName::Empty));
    check("\u{200d}\u{200d}", &Err(MalformedName::Empty));
    check("An\nna", &Err(MalformedName::Control('\n')));
    check("An\0na", &Err(MalformedName::Control('\0')));
    check("\u{202e}annA", &Err(MalformedName::Control('\u{202e}')));
    check("李 小龍 👩‍🚀", &Ok("李 小龍 👩‍🚀"));
    for invisible in ['\u{200b}', '\u{ad}', '\u{feff}', '\u{2066}'] {
        check(&format!("An{invisible}na"), &Err(MalformedName::Control(invisible)));
    }
    let longest = "é".repeat(limits::DISPLAY_NAME_CHARACTERS_MAX);
    check(&longest, &Ok(&longest));
    let characters = limits::DISPLAY_NAME_CHARACTERS_MAX + 1;
    check(&format!("{longest}é"), &Err(MalformedName::TooLong { characters }));
}

#[test]
fn a_name_can_be_seen() {
    for blank in [
        "\u{3164}",
        "\u{ffa0}",
        "\u{115f}\u{1160}",
        "\u{2800}",
        "\u{17b4}",
        "\u{17b5}",
        "\u{1d159}",
        "\u{301}\u{308}",
        "\u{903}",
        "\u{e000}",
        "\u{fe0f}",
        "\u{200e}",
        "\u{a0}\u{3000}",
    ] {
        check(blank, &Err(MalformedName::Empty));
    }
}

#[test]
fn nothing_that_is_not_seen_tells_two_names_apart() {
    for invisible in [
        '\u{34f}',
        '\u{200d}',
        '\u{200c}',
        '\u{fe00}',
        '\u{fe0f}',
        '\u{180b}',
        '\u{3164}',
        '\u{1d173}',
        '\u{1bca0}',
        '\u{e0041}',
        '\u{e0100}',
        '\u{17b4}',
        '\u{206a}',
        '\u{2800}',
        '\u{13441}',
        '\u{13442}',
        '\u{16fe4}',
        '\u{1d159}',
        '\u{fffc}',
    ] {
        check(&format!("{invisible}Anna"), &Err(MalformedName::Control(invisible)));
        check(&format!("An{invisible}na"), &Err(MalformedName::Control(invisible)));
        check(&format!("Anna{invisible}"), &Err(MalformedName::Control(invisible)));
    }
    check("An\u{e000}na", &Err(MalformedName::Private('\u{e000}')));
    check("Gate 7\u{fe0f}", &Err(MalformedName::Control('\u{fe0f}')));
    check("Anna 😀\u{fe0f}\u{fe0f}", &Err(MalformedName::Control('\u{fe0f}')));
    check("Anna 😀\u{200d}", &Err(MalformedName::Control('\u{200d}')));
    check("👩\u{200c}👩", &Err(MalformedName::Control('\u{200c}')));
    // The same name, however it is typed.
    check("Ame\u{301}lie", &Ok("Am\u{e9}lie"));
    check("\u{200e}Anna\u{200f}", &Ok("Anna"));
    check("Anna \u{200e} ", &Ok("Anna"));
}

#[test]
fn every_script_may_be_written_in() {
    for name in [
        "Nguyễn Thị Ánh Tuyết",
        "שָׁלוֹם בֶּן־דָּוִד",
        "مُحَمَّدٌ",
        "क्षितिज शर्मा",
        "श्री\u{200d}राम",
        "രാജന\u{d4d}\u{200d}",
        "ශ\u{dca}\u{200d}රී",
        "กิ๊ก ผู้ใหญ่",
        "བསྒྲུབས་པ",
        "မြွှေ့",
        "ស្រីមុំ",
        "👨🏽‍🚀 ❤️ ☺\u{fe0e}",
        "1\u{fe0f}\u{20e3} and #\u{20e3}",
        "🇨🇭",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "🏳️‍🌈 O’Brien-Łuczak, Jr.",
    ] {
        check(name, &Ok(name));
    }
}

#[test]
fn tags_spell_a_region() {
    for (tags, first) in [
        ("\u{e0067}\u{e0062}", '\u{e0067}'),
        ("\u{e0067}\u{e0062}\u{e007f}", '\u{e0067}'),
        ("\u{e007f}", '\u{e007f}'),
        ("\u{e0041}\u{e0042}\u{e0043}\u{e007f}", '\u{e0041}'),
        (
            "\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e007f}",
            '\u{e0061}',
        ),
    ] {
        check(&format!("🏴{tags}"), &Err(MalformedName::Control(first)));
    }
}

#[test]
fn marks_are_bounded() {
    let marked = |count: usize| format!("x{}", "\u{336}".repeat(count));
    let most = marked(limits::DISPLAY_NAME_MARKS_IN_A_ROW_MAX);
    check(&most, &Ok(&most));
    check(
        &marked(limits::DISPLAY_NAME_MARKS_IN_A_ROW_MAX + 1),
        &Err(MalformedName::Marks),
    );
    check(&marked(97), &Err(MalformedName::Marks));
    // Joiners between them are no way round it.
    let piled = format!("क{}", "\u{941}\u{200d}".repeat(5));
    check(&format!("{piled}क"), &Err(MalformedName::Marks));
}

#[test]
fn mended_names() {
    fn check(text: &str, expected: Option<&str>) {
        let mended = DisplayName::mended(text);
        assert_eq!(mended.as_ref().map(DisplayName::as_str), expected, "{text:?}");
    }
    check(" Anna Bell\t", Some("Anna Bell"));
    check("An\u{200b}na\u{ad} \u{202e}Bell\u{feff}", Some("Anna Bell"));
    check("\u{feff}Anna\r\nBell\0", Some("Anna  Bell"));
    check("👩‍👩‍👧", Some("👩‍👩‍👧"));
    let longest = "é".repeat(limits::DISPLAY_NAME_CHARACTERS_MAX);
    check(&format!("\u{200b} {longest}é"), Some(&longest));
    check("", None);
    check("\u{200b}\u{feff} \n", None);
    check("\u{200b}\u{200d}", None);
    check("Anna\u{e000}\u{fe0f}\u{3164}\u{2800}", Some("Anna"));
    check("\u{3164}", None);
    check(
        &format!("x{}", "\u{336}".repeat(9)),
        Some("x\u{336}\u{336}\u{336}\u{336}"),
    );
    // What belongs together is not cut in two.
    let nearly = "é".repeat(limits::DISPLAY_NAME_CHARACTERS_MAX - 2);
    check(&format!("{nearly}👩‍🚀"), Some(&format!("{nearly}👩")));
}

#[test]
fn a_name_from_before_the_rule_is_still_one() {
    for (row, expected) in [
        ("Anna", "Anna"),
        ("An\u{34f}na\u{e000}", "Anna"),
        ("\u{3164}", "Nameless"),
    ] {
        assert_eq!(DisplayName::recorded(row).as_str(), expected, "{row:?}");
    }
}

proptest! {
    #[test]
    fn a_mended_name_is_a_name_and_a_name_needs_no_mending(
        text in "[\\PC\u{200b}\u{ad}\u{202e}\r\n ]{0,120}",
        signs in "[a\u{301}\u{336}7 \u{200c}\u{200d}\u{200e}\u{fe0f}\u{20e3}क\u{94d}ع👩❤🏴\u{e0067}\u{e007f}\u{3164}\u{e000}]{0,12}",
    ) {
        for text in [text, signs] {
            if let Some(mended) = DisplayName::mended(&text) {
                prop_assert_eq!(DisplayName::parse(mended.as_str()), Ok(mended));
            }
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert_eq!(DisplayName::mended(&text), Some(name));
            }
        }
    }

    #[test]
    fn a_name_keeps_its_limits_whatever_is_typed(text in any::<String>()) {
        if let Ok(name) = DisplayName::parse(&text) {
            prop_assert!((1..=limits::DISPLAY_NAME_CHARACTERS_MAX).contains(&name.as_str().chars().count()));
            prop_assert_eq!(name.as_str().trim(), name.as_str());
            prop_assert!(!name.as_str().chars().any(char::is_control));
            prop_assert_eq!(DisplayName::parse(name.as_str()), Ok(name));
        }
    }
}
