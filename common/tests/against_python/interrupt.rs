//! Ctrl-C in a Python program: before its `main` and in it, it ends by the signal, without a word.

use super::mirror::ask_mirror;

/// Runs a program that gets a SIGINT while it imports, and one that gets it in its `main`; each with
/// Ctrl-C as it is in the foreground, and ignored. Prints how each ended.
const ASK: &str = r#"
import subprocess
HEAD = "import os, signal, sys; sys.path.append({!r}); signal.signal(signal.SIGINT, signal.{})\n"
INTERRUPT = "os.kill(os.getpid(), signal.SIGINT)"
PROGRAMS = ["from common import console; " + INTERRUPT, "from common import console; console.main(lambda: " + INTERRUPT + ")"]
for handler in ("default_int_handler", "SIG_IGN"):
    for program in PROGRAMS:
        program = HEAD.format(sys.path[-1], handler) + program
        ended = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE)
        print(ended.returncode, ended.stderr)
"#;

#[test]
fn an_interrupt_ends_a_program_without_a_stack_trace_unless_it_is_ignored() {
    if let Some(ended) = ask_mirror(ASK, "") {
        assert_eq!(ended, "-2 b''\n-2 b''\n0 b''\n0 b''\n");
    }
}
