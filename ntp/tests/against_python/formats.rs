//! Formats: each directive with all that may stand before it, long answers, random text.

use ntp::{StrftimeError, strftime, time_zone};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError};

use crate::python;
use crate::strftime::{assert_agree, differences, second};
use crate::zones::ZONES;

#[test]
fn every_directive_with_every_flag_width_and_modifier() {
    let flags = [
        "", "_", "-", "0", "^", "#", "_0", "0-", "-_", "^#", "#^", "0^", "+", ":",
    ];
    let widths = ["", "1", "3", "12"];
    let modifiers = ["", "E", "O", "EO"];
    let directives: Vec<String> = (1..=126)
        .map(char::from)
        .chain("é中ßΩ😀".chars())
        .map(String::from)
        .chain([String::new()])
        .collect();
    let mut formats = Vec::new();
    for flag in flags {
        for width in widths {
            for modifier in modifiers {
                for directive in &directives {
                    formats.push(format!("%{flag}{width}{modifier}{directive}"));
                }
            }
        }
    }
    let afternoon = second("2024-03-09T15:05:02Z");
    let ancient = second("-000044-03-15T07:05:02Z");
    assert_agree(&[
        (Some("America/St_Johns"), afternoon, &formats),
        (Some("XYZ-3:30"), ancient, &formats),
    ]);
}

#[test]
fn longest_answers() {
    let formats: Vec<String> = [
        "%1023Y",
        "%1024Y",
        "%2000Y",
        "ab%2047Y",
        "ab%2048Y",
        "%65000Y",
        "%999999999Y",
        "%2147483647Y",
        "%2147483648Y",
        "%99999999999999999999999Y",
        "%_2000Y",
        "%-2000Y",
        "%-2147483647d",
        "%2000c",
        "%02147483647c",
        "%2000%",
        "%2147483647Q",
        "%2147483647z",
        "%1500n%1500t",
        "%1500Z",
    ]
    .iter()
    .map(|format| (*format).to_owned())
    .chain((0..20).map(|power| "%2000Y".repeat(1 << (power / 2)) + &"x".repeat(power)))
    .chain([
        "%c".repeat(5000),
        "%65507Y".repeat(40),
        "x".repeat(65_507),
        "x".repeat(65_508),
    ])
    .chain([String::new(), "a\0b".to_owned(), "%\0".to_owned()])
    .collect();
    assert_agree(&[(Some("UTC"), 1_700_000_000, &formats)]);
}

#[test]
fn a_width_costs_no_memory() {
    let at = time_zone(Some("UTC")).local_time(0);
    assert_eq!(strftime("%999999999Y", &at), Ok(String::new()));
    let wide = "%60000Y".repeat(9000);
    assert_eq!(strftime(&wide, &at), Ok(String::new()));
    let wide = format!("%65508Y{}", "x".repeat(512));
    assert_eq!(strftime(&wide, &at), Err(StrftimeError::TooLong));
}

/// Formats of which most parts are conversions. The letters are old ones: `^` makes them upper
/// case, and C libraries lag behind Unicode.
fn format() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        8 => "%[_0^#-]{0,3}[0-9]{0,3}[EO]?[a-zA-Z%+:]",
        2 => "%[_0^#-]{0,6}[0-9]{0,12}[EO]{0,2}[\x01-\u{17f}α-ωа-яА-Я一-龥😀]?",
        1 => "[\x01-\u{17f}α-ωа-яА-Я一-龥😀]{0,6}",
        1 => Just("\0".to_owned()),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_is_a_format_or_an_error(format in ".*", second: i64) {
        if let Ok(text) = strftime(&format, &time_zone(Some("UTC")).local_time(second)) {
            prop_assert!(text.len() <= 65_507);
        }
    }

    #[test]
    fn any_tz_is_a_zone(tz in ".*") {
        prop_assert!(strftime("%Z %z", &time_zone(Some(&tz)).local_time(0)).is_ok());
    }
}

#[test]
fn random_formats() {
    let Some(python) = python::python() else {
        return;
    };
    // Each case is a thousand formats, because each case starts Python once.
    let config = ProptestConfig {
        cases: 8,
        max_shrink_iters: 40,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    };
    proptest!(config, |(
        formats in prop::collection::vec(format(), 1000),
        zone in prop::sample::select(&ZONES[..]),
        second in -377_705_000_000_i64..253_402_000_000,
    )| {
        let differences = differences(&python, &[(zone, second, &formats)]);
        if !differences.is_empty() {
            return Err(TestCaseError::fail(differences.join("\n")));
        }
    });
}
