//! `ntp::strftime` against the installed Python's `time.strftime`, for the same second.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::collections::HashMap;
use std::fs;

use jiff::Timestamp;
use ntp::{StrftimeError, strftime, time_zone};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError};
use serde_json::json;

use crate::python::Python;

#[path = "../../common/tests/against_python/python.rs"]
mod python;

/// Reads `[[TZ or null, second, [format, …]], …]` and prints what `time.strftime` gives for
/// each, null for a `ValueError`.
const ASK_PYTHON: &str = r#"
import json, os, sys, time

def answer(format, local):
    try:
        return time.strftime(format, local)
    except ValueError:
        return None

answers = []
for zone, second, formats in json.load(sys.stdin):
    if zone != os.environ.get("TZ", 0):
        os.environ.pop("TZ", None)
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()
    local = time.localtime(second)
    answers.append([answer(format, local) for format in formats])
json.dump(answers, sys.stdout)
"#;

/// Of each kind one or more.
const ZONES: [Option<&str>; 67] = [
    // None, and UTC.
    None,
    Some(""),
    Some(":"),
    Some("UTC"),
    // Names of files.
    Some("Asia/Shanghai"),
    Some("America/St_Johns"),
    Some("Europe/Berlin"),
    Some(":Europe/Berlin"),
    Some("Africa/Monrovia"),
    Some("Antarctica/Troll"),
    Some("Asia/Kathmandu"),
    Some("America/Santiago"),
    Some("Australia/Lord_Howe"),
    Some("Europe/Dublin"),
    Some("Pacific/Apia"),
    Some("/usr/share/zoneinfo/Asia/Tokyo"),
    // With leap seconds.
    Some("right/UTC"),
    Some("right/Europe/Berlin"),
    Some("right/Australia/Sydney"),
    // An offset.
    Some("XYZ0"),
    Some("XYZ-3:30"),
    Some("<+0330>-3:30"),
    Some("XYZ3:59:59"),
    Some("XYZ0:0:30"),
    Some("<-12>+12"),
    Some("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ-1"),
    // More than a day.
    Some("XYZ24:59:59"),
    Some("XXX167:59:59"),
    Some("XYZ-99"),
    Some("XYZ3:99"),
    // Rules: north, south, half an hour, counted days, hours of other days, all the year.
    Some("CET-1CEST,M3.5.0,M10.5.0/3"),
    Some("AEST-10AEDT,M10.1.0,M4.1.0/3"),
    Some("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
    Some("NST3:30NDT,M3.2.0,M11.1.0"),
    Some("IST-1GMT0,M10.5.0,M3.5.0/1"),
    Some("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1"),
    Some("XYZ3ABC,J60/25,J300/-3"),
    Some("XYZ3ABC,59,365/0:30:15"),
    Some("XYZ3ABC4:30:10,J366,M2.4.6"),
    Some("EST5EDT,0/0,J365/25"),
    Some("XYZ3ABC,M3.2.0"),
    Some("XYZ3ABC,M3.2.0,"),
    // As much as can be understood.
    Some("XYZ- 3"),
    Some("XYZ+-3"),
    Some("XYZ3ABC!"),
    Some("XYZ3ABC,M3.2.0/"),
    Some("XYZ3ABC,M3.2.0/x,M11.1.0"),
    Some("XYZ3ABC,59,400"),
    Some("XYZ3,M3.2.0,M11.1.0"),
    Some("<+0330"),
    Some("<a>3"),
    Some("<abc>3"),
    Some("XYZ<"),
    // Nonsense.
    Some("Mars/Olympus"),
    Some("europe/berlin"),
    Some("Asia"),
    Some("/etc/passwd"),
    Some("/no/such/file"),
    Some("../zoneinfo/Asia/Tokyo"),
    Some("::"),
    Some("ab"),
    Some("?"),
    Some(" "),
    Some("-3"),
    Some("éé3"),
    Some("ééé3"),
    Some("XYZé"),
];

/// A zone that has daylight saving time and no rule. glibc may take the rule from a file, which for
/// years before 2007 has others.
const RULELESS_ZONE: Option<&str> = Some("EST5XDT");

/// Every directive that glibc knows, each after a letter of its own so that a difference shows
/// which one it is in.
const DIRECTIVES: &str = "a%a A%A b%b B%B c%c C%C d%d D%D e%e F%F g%g G%G h%h H%H I%I j%j k%k \
    l%l m%m M%M n%n p%p P%P r%r R%R s%s S%S t%t T%T u%u U%U V%V w%w W%W x%x X%X y%y Y%Y z%z \
    Z%Z %%";

/// What a peer of the server should see of Python's answer.
fn expected(answer: Option<&str>) -> Result<String, StrftimeError> {
    match answer {
        None => Err(StrftimeError::Nul),
        Some(text) if text.len() > 65_507 => Err(StrftimeError::TooLong),
        Some(text) => Ok(text.to_owned()),
    }
}

/// Each question is a value of `TZ`, a second and the formats to try; gives the differences.
fn differences(python: &Python, questions: &[(Option<&str>, i64, &[String])]) -> Vec<String> {
    let answers = python.ask(ASK_PYTHON, &json!(questions).to_string());
    let answers: Vec<Vec<Option<String>>> =
        serde_json::from_str(&answers).expect("the program prints JSON");
    let mut zones = HashMap::new();
    let mut differences = Vec::new();
    for (&(zone, second, formats), answers) in questions.iter().zip(&answers) {
        let at = zones
            .entry(zone)
            .or_insert_with(|| time_zone(zone))
            .local_time(second);
        for (format, answer) in formats.iter().zip(answers) {
            let ours = strftime(format, &at);
            let theirs = expected(answer.as_deref());
            if ours != theirs {
                differences.push(format!(
                    "TZ={zone:?} {second} {format:?}: {ours:?}, Python {theirs:?}"
                ));
            }
        }
    }
    differences
}

fn assert_agree(questions: &[(Option<&str>, i64, &[String])]) {
    let Some(python) = python::python() else {
        return;
    };
    let differences = differences(&python, questions);
    assert!(
        differences.is_empty(),
        "{} differences, among them\n{}",
        differences.len(),
        differences[..differences.len().min(40)].join("\n")
    );
}

fn second(civil: &str) -> i64 {
    civil.parse::<Timestamp>().expect("RFC 3339").as_second()
}

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
fn every_directive_in_every_zone_at_the_edges_of_the_calendar() {
    let days = [
        "-009998-01-01",
        "-000001-12-31",
        "0000-02-29",
        "0001-01-01",
        "0099-12-31",
        "0999-12-31",
        "1582-10-15",
        "1883-11-18",
        "1900-03-01",
        "1919-05-01",
        "1945-08-15",
        "1969-12-31",
        "1970-01-01",
        "1999-12-31",
        "2000-02-29",
        "2004-12-31",
        "2005-01-01",
        "2008-12-29",
        "2009-12-31",
        "2010-01-03",
        "2012-01-01",
        "2015-12-31",
        "2016-01-01",
        "2020-12-31",
        "2021-01-03",
        "2021-01-04",
        "2024-02-29",
        "2024-03-10",
        "2024-03-31",
        "2024-10-27",
        "2024-11-03",
        "2024-12-30",
        "2037-12-31",
        "2038-01-19",
        "2100-02-28",
        "9999-12-30",
    ];
    let formats = [DIRECTIVES.to_owned()];
    let mut questions: Vec<(Option<&str>, i64, &[String])> = Vec::new();
    for zone in ZONES.into_iter().chain([RULELESS_ZONE]) {
        for day in days {
            if zone == RULELESS_ZONE && day < "2007" {
                continue;
            }
            // Around the hours at which clocks change, to the second.
            for hour in [0, 1, 2, 5, 6, 7, 12, 20] {
                for time in ["00:00", "29:59", "59:59"] {
                    let at = second(&format!("{day}T{hour:02}:{time}Z"));
                    questions.push((zone, at, &formats));
                }
            }
        }
    }
    assert_agree(&questions);
}

/// A file of version 2, as RFC 9636 says: the clocks of `changes`, which are (from which second,
/// offset, name), and leap seconds, which are (from which second, how many).
fn zone_file(changes: &[(i64, i32, &str)], leap_seconds: &[(i64, i32)], footer: &str) -> Vec<u8> {
    let names: String = changes.iter().flat_map(|change| [change.2, "\0"]).collect();
    let header = |version: u8, lengths: [usize; 4]| {
        let mut header = [b"TZif".as_slice(), &[version], &[0; 15], &[0; 8]].concat();
        for length in lengths {
            header.extend(u32::try_from(length).unwrap().to_be_bytes());
        }
        header
    };
    let mut file = header(b'2', [0, 0, 1, 1]);
    file.extend([0; 7]);
    // The first change is what holds before all others.
    let later = &changes[1..];
    file.extend(header(
        b'2',
        [leap_seconds.len(), later.len(), changes.len(), names.len()],
    ));
    file.extend(later.iter().flat_map(|(from, _, _)| from.to_be_bytes()));
    file.extend((1..).take(later.len()));
    let mut index = 0;
    for (_, offset, name) in changes {
        file.extend(offset.to_be_bytes());
        file.extend([0, index]);
        index += u8::try_from(name.len()).unwrap() + 1;
    }
    file.extend(names.bytes());
    for (from, count) in leap_seconds {
        file.extend(from.to_be_bytes());
        file.extend(count.to_be_bytes());
    }
    file.extend(format!("\n{footer}\n").bytes());
    file
}

#[test]
fn leap_seconds_and_files_that_are_broken() {
    let changes = [
        (0, 3600, "ABC"),
        (1000, 7230, "DEF"),
        (2_000_000_000, -3600, "GHI"),
    ];
    let leap_seconds = [
        (500, 1),
        (1_500_000_001, 2),
        (1_700_000_002, 1),
        (2_100_000_001, 2),
    ];
    let footer = "XYZ3ABC,M3.2.0,M11.1.0";
    let whole = zone_file(&changes, &leap_seconds, footer);
    let mut files = vec![
        zone_file(&changes[..1], &[], ""),
        zone_file(&changes, &leap_seconds, ""),
        zone_file(&changes, &[], "nonsense"),
        whole
            .iter()
            .map(|byte| if *byte == b'2' { 0 } else { *byte })
            .collect(),
        b"TZif".to_vec(),
        Vec::new(),
    ];
    // Cut off anywhere, but not within the rule: what glibc makes of that is chance.
    files.extend(
        (0..whole.len() - footer.len() - 1)
            .step_by(7)
            .map(|end| whole[..end].to_vec()),
    );
    files.push(whole);
    let folder = tempfile::tempdir().unwrap();
    // C finds %s by looking for the clock's time, and these clocks show some times twice.
    let formats = [DIRECTIVES.replace("s%s ", "")];
    let zones: Vec<String> = (0..files.len())
        .map(|index| {
            folder
                .path()
                .join(index.to_string())
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let mut questions: Vec<(Option<&str>, i64, &[String])> = Vec::new();
    for (zone, file) in zones.iter().zip(&files) {
        fs::write(zone, file).unwrap();
        for around in changes
            .iter()
            .map(|change| change.0)
            .chain(leap_seconds.map(|leap| leap.0))
        {
            for second in around - 2..=around + 2 {
                questions.push((Some(zone), second, &formats));
            }
        }
    }
    assert_agree(&questions);
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
