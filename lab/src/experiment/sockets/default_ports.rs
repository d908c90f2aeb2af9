//! The ports that well-known programs take.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::experiment::report::{Steps, Verdict};
use crate::experiment::{Experiment, interpreter};

/// Flask 5000, Django 8000, MySQL 3306, Redis 6379.
pub struct DefaultPorts;

/// What this machine knows of them; none where it knows nothing.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The port of Flask, as the installed Flask says.
    pub flask: Option<u16>,
    /// The port of Django, as the installed Django says.
    pub django: Option<u16>,
    /// The port of MySQL in `/etc/services`.
    pub mysql: Option<u16>,
    /// The port of Redis in `/etc/services`.
    pub redis: Option<u16>,
}

/// Asks Flask and Django, if they are installed, without running them.
const SCRIPT: &str = "
import json
ports = {'flask': None, 'django': None}
try:
    from flask.cli import run_command
    ports['flask'] = next(option.default for option in run_command.params if option.name == 'port')
except Exception:
    pass
try:
    from django.core.management.commands.runserver import Command
    ports['django'] = int(Command.default_port)
except Exception:
    pass
print(json.dumps(ports))
";

#[derive(Default, Deserialize)]
struct Installed {
    flask: Option<u16>,
    django: Option<u16>,
}

impl Experiment for DefaultPorts {
    const NAME: &'static str = "default-ports";
    const CLAIM: &'static str =
        "by default Flask has port 5000, Django 8000, MySQL 3306 and Redis 6379";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("ask Python for the defaults of Flask and Django, if they are installed");
        let installed: Installed = interpreter::ask(SCRIPT, &[])?;

        log.step("look MySQL and Redis up in /etc/services");
        let services = std::fs::read_to_string("/etc/services").unwrap_or_default();
        Ok(Seen {
            flask: installed.flask,
            django: installed.django,
            mysql: port_of("mysql", &services),
            redis: port_of("redis", &services),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        let told = [
            (seen.flask, 5000),
            (seen.django, 8000),
            (seen.mysql, 3306),
            (seen.redis, 6379),
        ];
        if told
            .iter()
            .any(|(seen, told)| seen.is_some_and(|seen| seen != *told))
        {
            return Verdict::DoesNotHoldHere("this machine knows another port".to_owned());
        }
        if told.iter().any(|(seen, _)| seen.is_none()) {
            return Verdict::CannotBeSeenHere(
                "for all four it needs Flask and Django installed for python3, and MySQL and Redis \
                 in /etc/services; what this machine does know agrees"
                    .to_owned(),
            );
        }
        Verdict::HoldsHere("this machine knows the same ports".to_owned())
    }
}

/// The line `mysql  3306/tcp`.
fn port_of(service: &str, services: &str) -> Option<u16> {
    services.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let port = words
            .next()
            .filter(|name| *name == service)
            .and(words.next())?;
        port.strip_suffix("/tcp")?.parse().ok()
    })
}
