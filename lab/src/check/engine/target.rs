//! What can be judged: both ends of each pair.

use crate::names::{self, UnknownName};
use crate::pairs::{PAIRS, Pair, Side};

/// One side of one program.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The pair.
    pub pair: &'static Pair,
    /// Which of its two ends.
    pub side: Side,
}

impl Target {
    /// All of them, in the lessons' order.
    pub fn all() -> impl Iterator<Item = Self> {
        PAIRS
            .iter()
            .flat_map(|pair| [Side::Server, Side::Client].map(|side| Self { pair, side }))
    }

    /// As it is typed: `ntp/server`, `echo-tcp/phone-client`. Where two programs share an executable
    /// the pair's name tells them apart: `socketserver-demo/text-server`.
    #[must_use]
    pub fn name(&self) -> String {
        let side = match self.side {
            Side::Server => "server",
            Side::Client => "client",
        };
        match self.pair.pair {
            "" => format!("{}/{side}", self.pair.package),
            pair => format!("{}/{pair}-{side}", self.pair.package),
        }
    }

    /// The targets that `words` ask for: names of targets, names and numbers of programs, which are both
    /// their ends, or `all`. All when there are no words.
    pub fn select(words: &[String]) -> Result<Vec<Self>, UnknownName> {
        names::select(
            "target",
            "cargo lab check --list",
            words,
            Self::all(),
            |target| {
                let mut names = target.pair.names();
                names.extend([target.name(), "all".to_owned()]);
                names
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_of_each_pair_has_a_name_of_its_own() {
        let mut names: Vec<_> = Target::all().map(|target| target.name()).collect();
        assert!(names.contains(&"ntp/server".to_owned()));
        assert!(names.contains(&"echo-tcp/phone-client".to_owned()));
        assert!(names.contains(&"socketserver-demo/udp-text-server".to_owned()));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 2 * PAIRS.len());
    }

    #[test]
    fn a_target_a_program_a_package_and_all_select() {
        let count = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(ToString::to_string).collect();
            Target::select(&words).map(|targets| targets.len())
        };
        assert_eq!(count(&["ntp/server"]).unwrap(), 1);
        assert_eq!(count(&["ftp-simple", "ntp/client"]).unwrap(), 5);
        assert_eq!(count(&["all"]).unwrap(), 2 * PAIRS.len());
        assert_eq!(count(&["echo-tcp/phone", "11"]).unwrap(), 4);
        assert!(count(&["ntp/sever"]).is_err());
    }
}
