//! The driver `provisioner-command`: entries of provisioner files that run programs.

use std::env;
use std::path::PathBuf;

use score_drivers::{
    Applied, ApplyRequest, Call, Capabilities, DestroyRequest, Driver, DriverInfo, Ended, Error, ErrorKind,
    InputProblem, PlanRequest, Planned, Program, ValidateRequest,
};
use score_model::Value;

use crate::command::MODE;
use crate::outcome::Outcome;
use crate::told::Told;
use crate::{Dialect, Kind};

/// Exit status of a program that does not know an operation.
const UNKNOWN_OPERATION: i32 = 64;

/// The driver `provisioner-command`: `cmd://` entries of provisioner files as modules of a platform.
///
/// The inputs are those of [`TemplateProvisioner`](crate::TemplateProvisioner), with `args` in the place of `templates`. The program runs as with the Score tools: one JSON object on stdin, with the fields of both of
/// them, and one on stdout; exit status 75 is a temporary failure, which is repeated. What it gives becomes outputs and artefacts as with templates.
///
/// A program of which an argument is `<mode>` is told what to do in its place: `provision`, and, when the resource goes, `deprovision`, with the recorded params and state; exit status 64 says that it does not know that.
/// Others are not called when their resources go.
#[derive(Clone, Debug, Default)]
pub struct CommandProvisioner {
    directory: Option<PathBuf>,
    forbidden: bool,
}

impl CommandProvisioner {
    /// Programs run in the current directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Programs run in `directory`, or in the current one where that does not exist.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self { directory: Some(directory.into()), forbidden: false }
    }

    /// No program runs: whatever needs one is refused, while planning already.
    #[must_use]
    pub fn forbidden(self, forbidden: bool) -> Self {
        Self { forbidden, ..self }
    }

    fn refused(&self, inputs: &Value) -> Result<(), Error> {
        if !self.forbidden {
            return Ok(());
        }
        let uri = inputs.child("provisioner").and_then(|entry| entry.child("uri")).and_then(Value::as_str);
        let message = format!("programs are forbidden, and `{}` is one", uri.unwrap_or_default());
        Err(Error::new(ErrorKind::Denied, message))
    }

    async fn run(&self, call: &Call, told: &Told, mode: &str) -> Result<(Program, Ended), Error> {
        let Kind::Command { program, args } = &told.kind else {
            return Err(Error::invalid(format!("`{}` is no provisioner that runs a program", told.uri)));
        };
        let directory = self.directory.clone().filter(|directory| directory.is_dir());
        let current = match &directory {
            Some(directory) => std::path::absolute(directory),
            None => env::current_dir(),
        };
        let current = current.map_err(|e| Error::invalid("the current directory is not known").with_source(e))?;
        let search: Vec<PathBuf> =
            env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
        let found = program.find(env::var_os("HOME").map(PathBuf::from), current, &search);
        let found = found.map_err(|problem| Error::new(ErrorKind::NotFound, problem))?;
        let found = found.into_os_string().into_string();
        let found = found.map_err(|_| Error::new(ErrorKind::NotFound, "the path of the program is not UTF-8"))?;
        let args = args.iter().map(|arg| if arg == MODE { mode.to_owned() } else { arg.clone() });
        let arguments = std::iter::once(found).chain(args).collect();
        let stdin = told.input().json(&told.shared, &[Dialect::Compose, Dialect::Kubernetes]);
        let program = Program::new(arguments, directory, stdin.to_string().into_bytes());
        let ended = program.run(call).await?;
        Ok((program, ended))
    }
}

impl Driver for CommandProvisioner {
    fn info(&self) -> DriverInfo {
        let can = Capabilities::default().destroy().validate();
        DriverInfo::new(if self.forbidden { can.plan() } else { can })
    }

    async fn validate(&self, _: &Call, request: ValidateRequest) -> Result<Vec<InputProblem>, Error> {
        Ok(Told::problems(&request, |_| Ok(())))
    }

    async fn plan(&self, _: &Call, request: PlanRequest) -> Result<Planned, Error> {
        self.refused(&request.inputs)?;
        Ok(Planned::default())
    }

    async fn apply(&self, call: &Call, request: ApplyRequest) -> Result<Applied, Error> {
        self.refused(&request.inputs)?;
        let prior = request.prior.as_ref();
        let told = Told::read(&request.uid, &request.guid.to_string(), &request.inputs, prior, &request.shared)?;
        let (program, ended) = self.run(call, &told, "provision").await?;
        let answer = Outcome::of_output(&ended.stdout, "it printed nothing").and_then(|outcome| outcome.applied(false));
        match (ended.code(), answer) {
            (Some(0), Ok(mut applied)) if applied.shared != Value::Null && request.shared == Value::Null => {
                applied.shared = Value::Null;
                let message = format!(
                    "{program} gave `shared_state`, which its entry does not mention: write the word into its `description`, so that it is told what others share"
                );
                Err(Error::new(ErrorKind::BadAnswer, message).with_partial(applied))
            }
            (Some(0), Ok(applied)) => Ok(applied),
            (Some(0), Err(problem)) => {
                let message = format!("{program} did not answer as a provisioner does: {problem}");
                Err(Error::new(ErrorKind::BadAnswer, message))
            }
            (_, Ok(applied)) => Err(ended.failure(&program).with_partial(applied)),
            (_, Err(_)) => Err(ended.failure(&program)),
        }
    }

    async fn destroy(&self, call: &Call, request: DestroyRequest) -> Result<(), Error> {
        let prior = &request.prior;
        let told = Told::read(&request.uid, &request.guid.to_string(), &prior.inputs, Some(prior), &prior.shared)?;
        let Kind::Command { args, .. } = &told.kind else { return Ok(()) };
        if !args.iter().any(|arg| arg == MODE) {
            return Ok(());
        }
        self.refused(&prior.inputs)?;
        let (program, ended) = self.run(call, &told, "deprovision").await?;
        match ended.code() {
            Some(0 | UNKNOWN_OPERATION) => Ok(()),
            _ => Err(ended.failure(&program)),
        }
    }
}
