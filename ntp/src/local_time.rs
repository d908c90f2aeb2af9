//! Local time: what the variable `TZ` means to glibc, and so to Python.

use std::env;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};
#[cfg(unix)]
use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime};

use super::posix_zone::PosixZone;
#[cfg(unix)]
use super::zone_file::ZoneFile;
use common::console;

/// Where the system's own zone is kept: what `TZ` stands for when it is not set.
const SYSTEM_ZONE: &str = "/etc/localtime";

/// A second as the clocks of a zone show it: C's `struct tm`.
#[derive(Debug, Clone)]
pub struct LocalTime {
    /// Seconds since 1970 as the system counts them.
    pub(super) second_since_1970: i64,
    /// In a leap second the one before it.
    pub(super) date_time: DateTime,
    pub(super) is_leap_second: bool,
    /// In seconds, east of UTC is positive.
    pub(super) offset: i64,
    pub(super) zone: String,
}

/// Now, in the zone that `TZ` names: see [`local_time_at`].
#[must_use]
pub fn local_time() -> LocalTime {
    local_time_at(SystemTime::now())
}

/// That time, with its fraction of a second dropped, in the zone that `TZ` named when this was called
/// for the first time. That first call warns of a zone that glibc may take for another.
#[must_use]
pub fn local_time_at(time: SystemTime) -> LocalTime {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| {
        let tz = env::var_os("TZ");
        let tz = tz.as_ref().map(|tz| tz.to_string_lossy());
        if let Some(warning) = tz.as_deref().and_then(warning) {
            console::warn(warning);
        }
        time_zone(tz.as_deref())
    });
    let second = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        // Rounded down.
        Err(before) => {
            i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |second| -1 - second)
        }
    };
    ZONE.local_time(second)
}

/// A time zone: which time its clocks show in which second.
pub struct TimeZone(Rules);

enum Rules {
    Posix(PosixZone),
    #[cfg(unix)]
    File(ZoneFile),
    /// A system without files of zones.
    #[cfg(not(unix))]
    Jiff(jiff::tz::TimeZone),
}

/// The time zone for a value of `TZ`; `None` is `TZ` not set.
///
/// | `TZ` | zone |
/// |---|---|
/// | not set | the system's, `/etc/localtime`; UTC without one |
/// | empty, or `:` | UTC |
/// | `Europe/Berlin`, `:Europe/Berlin` | that file in `/usr/share/zoneinfo` (or in `TZDIR`), the case counts |
/// | `right/Europe/Berlin` | the same for a system whose clock counts leap seconds |
/// | `/path/to/file` | that file |
/// | `XYZ-3:30`, `CET-1CEST,M3.5.0,M10.5.0/3` | as POSIX says: no name but offset and rule |
/// | `EST5XDT` | as POSIX says, with the rule of the United States |
/// | `XYZ99`, `XYZ3!` | as much of it as can be understood |
/// | `Mars/Olympus` | neither: UTC, under the letters that it begins with, `Mars` |
/// | `?`, `ab` | UTC without a name; three letters make one |
///
/// One difference from glibc remains: for `EST5XDT` it looks for a file `posixrules` among the
/// zones, an invention that the makers of the database have given up since 2020, and gets the hour
/// of the changes wrong where the offset is not that of the file.
#[must_use]
pub fn time_zone(tz: Option<&str>) -> TimeZone {
    let name = match tz {
        None => SYSTEM_ZONE,
        Some("") => "Universal",
        Some(tz) => tz.strip_prefix(':').unwrap_or(tz),
    };
    TimeZone(zone_named(name).unwrap_or_else(|| {
        Rules::Posix(if name.is_empty() || name == SYSTEM_ZONE {
            PosixZone::utc("UTC")
        } else {
            PosixZone::parse(name)
        })
    }))
}

/// What to say where the C library may understand another zone.
fn warning(tz: &str) -> Option<String> {
    let name = tz.strip_prefix(':').unwrap_or(tz);
    let may_differ = PosixZone::lacks_rule(name)
        && zone_named(name).is_none()
        && zone_named("posixrules").is_some();
    may_differ.then(|| {
        format!(
            "TZ={tz} does not say when daylight saving time begins and ends: the rule of the \
             United States is taken, and other programs may take another hour. Add \
             ,M3.2.0,M11.1.0 to TZ to be sure"
        )
    })
}

impl TimeZone {
    /// What the clocks of the zone show in that second since 1970. Years are kept within -9999 and
    /// 9999.
    #[must_use]
    pub fn local_time(&self, second: i64) -> LocalTime {
        let clock = match &self.0 {
            Rules::Posix(zone) => zone.clock(second),
            #[cfg(unix)]
            Rules::File(file) => file.clock(second),
            #[cfg(not(unix))]
            Rules::Jiff(zone) => {
                let at = jiff::Timestamp::from_second(second).unwrap_or_default();
                let info = zone.to_offset_info(at);
                return Clock::new(info.offset().seconds().into(), info.abbreviation())
                    .local_time(second);
            }
        };
        clock.local_time(second)
    }
}

/// What the clocks of a zone are set to in some second.
pub(super) struct Clock<'z> {
    /// In seconds, east of UTC is positive.
    offset: i64,
    name: &'z str,
    /// How many leap seconds the count of seconds has in it.
    pub(super) leap_seconds: i64,
    pub(super) is_leap_second: bool,
}

impl<'z> Clock<'z> {
    pub(super) const UTC: Clock<'static> = Clock::new(0, "UTC");

    pub(super) const fn new(offset: i64, name: &'z str) -> Self {
        Self {
            offset,
            name,
            leap_seconds: 0,
            is_leap_second: false,
        }
    }

    /// Date and time in that second since 1970; the nearest that there are beyond the year 9999.
    pub(super) fn date_time(&self, second: i64) -> DateTime {
        let shown = second
            .saturating_add(self.offset)
            .saturating_sub(self.leap_seconds);
        let epoch = Date::constant(1970, 1, 1).at(0, 0, 0, 0);
        epoch.saturating_add(SignedDuration::from_secs(shown))
    }

    fn local_time(&self, second: i64) -> LocalTime {
        LocalTime {
            second_since_1970: second,
            date_time: self.date_time(second),
            is_leap_second: self.is_leap_second,
            offset: self.offset,
            zone: self.name.to_owned(),
        }
    }
}

#[cfg(unix)]
fn zone_named(name: &str) -> Option<Rules> {
    let folder = env::var_os("TZDIR").filter(|folder| !folder.is_empty());
    let folder = folder.map_or("/usr/share/zoneinfo".into(), PathBuf::from);
    // An absolute name replaces the folder.
    let path: &Path = &folder.join(name);
    let bytes = path.is_file().then(|| fs::read(path))?.ok()?;
    ZoneFile::parse(&bytes).map(Rules::File)
}

#[cfg(not(unix))]
fn zone_named(name: &str) -> Option<Rules> {
    let zone = if name == SYSTEM_ZONE {
        jiff::tz::TimeZone::try_system()
    } else {
        jiff::tz::TimeZone::get(name)
    };
    zone.ok().map(Rules::Jiff)
}
