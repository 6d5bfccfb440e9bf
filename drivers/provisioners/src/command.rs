//! Provisioners that are programs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use score_model::Value;

use crate::Dialect;
use crate::command_uri::CommandUri;
use crate::input::Input;
use crate::outcome::Outcome;

/// An argument in the place of which the operation goes.
pub(crate) const MODE: &str = "<mode>";

/// Runs the program in the current directory; it reads one JSON object and writes one.
pub(crate) fn provision(
    program: &CommandUri,
    args: &[String],
    input: &Input<'_>,
    shared: &Value,
    search: &[PathBuf],
    home: Option<PathBuf>,
) -> Result<Outcome, String> {
    let current = std::env::current_dir().map_err(|e| format!("the current directory is not known: {e}"))?;
    let program = program.find(home, current, search)?;
    let args = args.iter().map(|arg| match (input.dialect, &**arg) {
        (Dialect::Kubernetes, MODE) => "provision",
        (_, arg) => arg,
    });
    let failed = |e: std::io::Error| format!("failed to execute cmd provisioner: {e}");
    let mut child = Command::new(&program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(failed)?;
    let document = input.json(shared, &[input.dialect]).to_string();
    let writer = child.stdin.take().map(|mut stdin| {
        // A program need not read what it is told.
        std::thread::spawn(move || stdin.write_all(document.as_bytes()).is_ok())
    });
    let output = child.wait_with_output().map_err(failed)?;
    drop(writer.map(std::thread::JoinHandle::join));
    if !output.status.success() {
        return Err(format!("failed to execute cmd provisioner: {}", output.status));
    }
    let decoded = Outcome::of_output(&output.stdout, "EOF");
    decoded.map_err(|e| format!("failed to decode output from cmd provisioner: {e}"))
}
