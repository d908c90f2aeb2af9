//! A header from a stranger: as a pickle, and as bincode.

use anyhow::{Context, Result};
use ftp_class::FileHeader;
use serde::{Deserialize, Serialize};

use crate::experiment::report::{Steps, Verdict};
use crate::experiment::{Experiment, interpreter};
use crate::run::interrupt::Folder;

/// Whoever unpickles a header runs what its sender wrote into it.
pub struct PickleRunsCode;

/// What the same bytes did.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The size of the hostile header in bytes.
    pub header_bytes: usize,
    /// What its command left behind after `pickle.loads`, in a temporary folder.
    pub written_by_pickle: Option<String>,
    /// What `pickle.loads` returned to the program: no header at all.
    pub pickle_returned: String,
    /// What our decoder said of the same bytes.
    pub bincode_says: String,
    /// What it left behind.
    pub written_by_bincode: Option<String>,
}

/// Packs a header whose unpickling runs a command, and unpickles it as the lessons' server does.
const SCRIPT: &str = "
import json, os, pickle, sys
os.chdir(sys.argv[1])
class Header:
    def __reduce__(self):
        return os.system, ('echo the header ran this > proof.txt',)
header = pickle.dumps(Header())
returned = pickle.loads(header)
print(json.dumps({'header': list(header), 'returned': repr(returned)}))
";

#[derive(Deserialize)]
struct Unpickled {
    header: Vec<u8>,
    returned: String,
}

impl Experiment for PickleRunsCode {
    const NAME: &'static str = "pickle-runs-code";
    const CLAIM: &'static str = "a pickle will do for a header, instead of JSON and encode";
    type Seen = Seen;

    fn observe(log: &mut Steps) -> Result<Seen> {
        let folder = Folder::new("lab-")?;
        let path = folder
            .path()
            .to_str()
            .context("the temporary folder's name is not UTF-8")?;
        let proof = folder.path().join("proof.txt");
        let proof_text = || {
            let text = std::fs::read_to_string(&proof).ok();
            text.map(|text| text.trim_end().to_owned())
        };

        log.step("Python: pickle an object that says how it is to be rebuilt (by a command)");
        log.step("Python: pickle.loads the header, as the lessons' server and client do");
        let unpickled: Unpickled = interpreter::ask(SCRIPT, &[path])?;
        let written_by_pickle = proof_text();

        log.step("Rust: give the same bytes to the decoder of ftp-class, which is bincode");
        if written_by_pickle.is_some() {
            std::fs::remove_file(&proof)?;
        }
        let decoded = FileHeader::decode(&unpickled.header);

        Ok(Seen {
            header_bytes: unpickled.header.len(),
            written_by_pickle,
            pickle_returned: unpickled.returned,
            bincode_says: match decoded {
                Ok(header) => header.dict(),
                Err(error) => error.to_string(),
            },
            written_by_bincode: proof_text(),
        })
    }

    fn verdict(seen: &Seen) -> Verdict {
        Verdict::decide(
            seen.written_by_pickle.is_none(),
            "nothing was run",
            "a pickle is a program: unpickling ran the sender's command. Data from a \
             peer needs a format that can only describe data, as JSON or bincode, which refused \
             these bytes",
        )
    }
}
