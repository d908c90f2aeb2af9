//! `from socket import *`

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::experiment::report::{Steps, Verdict};
use crate::experiment::{Experiment, interpreter};

/// It brings all that the module wants to give away, which is not all that it has.
pub struct ImportStar;

/// What the installed Python says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Attributes of the module `socket`, without those that begin with an underscore.
    pub attributes: usize,
    /// Those that the star brings.
    pub imported: usize,
    /// Those that it does not bring.
    pub left_out: Vec<String>,
    /// Built-in names that it replaces by its own.
    pub replaces_builtins: Vec<String>,
}

const SCRIPT: &str = "
import builtins, json, socket
namespace = {}
exec('from socket import *', namespace)
namespace.pop('__builtins__')
public = {name for name in dir(socket) if not name.startswith('_')}
print(json.dumps({
    'attributes': len(public),
    'imported': len(namespace),
    'left_out': sorted(public - set(namespace)),
    'replaces_builtins': sorted(set(namespace) & set(dir(builtins))),
}))
";

impl Experiment for ImportStar {
    const NAME: &'static str = "import-star";
    const CLAIM: &'static str =
        "`from socket import *` brings every attribute of the module into one's own names";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        log.step("let Python import the star into an empty namespace, and compare");
        interpreter::ask(SCRIPT, &[])
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.left_out.is_empty(),
            "the star brought all of them",
            "it brings the names in the module's __all__; the modules that it imported itself, for \
             example, stay behind. So many names at once hide where each came from",
        )
    }
}
