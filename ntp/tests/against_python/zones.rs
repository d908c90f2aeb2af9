//! Values of `TZ`, at the edges of the calendar.

use crate::strftime::{DIRECTIVES, assert_agree, second};

/// Of each kind one or more.
pub(crate) const ZONES: [Option<&str>; 67] = [
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
