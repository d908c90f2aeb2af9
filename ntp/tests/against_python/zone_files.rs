//! Files of time zones: with leap seconds, and broken ones.

use std::fs;

use crate::strftime::{DIRECTIVES, assert_agree};

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
