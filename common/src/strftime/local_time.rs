//! Local time: what the variable `TZ` means to glibc, and so to Python.

use std::env;
use std::sync::LazyLock;
#[cfg(unix)]
use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// When daylight saving time is in force where `TZ` names it and gives no rule: the rule of the
/// United States, glibc's default.
const DEFAULT_RULE: &str = ",M3.2.0,M11.1.0";

/// Now, in the zone that `TZ` named when this was called for the first time.
///
/// # Panics
///
/// When the system's clock is set before the year -9999 or after 9999.
#[must_use]
pub fn local_time() -> Zoned {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| {
        let tz = env::var_os("TZ");
        time_zone(tz.as_ref().map(|tz| tz.to_string_lossy()).as_deref())
    });
    Timestamp::now().to_zoned(ZONE.clone())
}

/// The time zone for a value of `TZ`; `None` is `TZ` not set.
///
/// | `TZ` | zone |
/// |---|---|
/// | not set | the system's, `/etc/localtime`; UTC without one |
/// | empty, or `:` | UTC |
/// | `Europe/Berlin`, `:Europe/Berlin` | that file in `/usr/share/zoneinfo` (or in `TZDIR`), the case counts |
/// | `/path/to/file` | that file |
/// | `XYZ-3:30`, `CET-1CEST,M3.5.0,M10.5.0/3` | as POSIX says: no name but offset and rule |
/// | `EST5XDT` | as POSIX says, with the rule of the United States |
/// | `Mars/Olympus` | neither: UTC, under the letters that it begins with, `Mars` |
/// | `?`, `ab` | UTC without a name, [`TimeZone::unknown`]; three letters make a name |
///
/// Two differences from glibc remain. A POSIX string that it takes in part (`XYZ99`, `XYZ3!`)
/// counts here as the last two rows. And before 1970 it does not apply a rule that is in `TZ`
/// itself; here the rule holds in every year.
#[must_use]
pub fn time_zone(tz: Option<&str>) -> TimeZone {
    let Some(tz) = tz else {
        return system_zone().unwrap_or(TimeZone::UTC);
    };
    let name = tz.strip_prefix(':').unwrap_or(tz);
    if name.is_empty() {
        return TimeZone::UTC;
    }
    let letters = name
        .split(|character: char| !character.is_ascii_alphabetic())
        .next()
        .unwrap_or_default();
    zone_named(name)
        .or_else(|| TimeZone::posix(name).ok())
        .or_else(|| TimeZone::posix(&format!("{name}{DEFAULT_RULE}")).ok())
        .or_else(|| TimeZone::posix(&format!("{letters}0")).ok())
        .unwrap_or(TimeZone::unknown())
}

#[cfg(unix)]
fn system_zone() -> Option<TimeZone> {
    zone_file(Path::new("/etc/localtime"))
}

#[cfg(unix)]
fn zone_named(name: &str) -> Option<TimeZone> {
    let folder = env::var_os("TZDIR").map_or("/usr/share/zoneinfo".into(), PathBuf::from);
    // An absolute name replaces the folder.
    zone_file(&folder.join(name))
}

/// Reads a file of the time zone database (TZif, RFC 9636).
#[cfg(unix)]
fn zone_file(path: &Path) -> Option<TimeZone> {
    let rules = path.is_file().then(|| fs::read(path))?.ok()?;
    TimeZone::tzif(&path.to_string_lossy(), &rules).ok()
}

#[cfg(not(unix))]
fn system_zone() -> Option<TimeZone> {
    TimeZone::try_system().ok()
}

#[cfg(not(unix))]
fn zone_named(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}
