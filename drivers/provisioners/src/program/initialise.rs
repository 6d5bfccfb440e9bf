//! The flags of `init`.

use std::path::PathBuf;

use clap::Args;

use crate::InitOptions;

/// What both programs take for `init`.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct InitArguments {
    /// The sample Score file to write, if there is none.
    #[arg(short, long, default_value = "./score.yaml")]
    pub file: PathBuf,
    /// Write no sample Score file.
    #[arg(long)]
    pub no_sample: bool,
    /// Provisioner files: paths of files or directories, `-`, or http, https, git-https, git-ssh and oci uris, pinned by `#sha256=DIGEST`.
    #[arg(long, value_name = "URI")]
    pub provisioners: Vec<String>,
    /// Patch templates, from where provisioner files may come.
    #[arg(long, value_name = "URI")]
    pub patch_templates: Vec<String>,
    /// Write no default provisioners.
    #[arg(long)]
    pub no_default_provisioners: bool,
}

impl From<InitArguments> for InitOptions {
    fn from(arguments: InitArguments) -> Self {
        Self {
            sample: (!arguments.no_sample).then_some(arguments.file),
            project: None,
            provisioners: arguments.provisioners,
            patch_templates: arguments.patch_templates,
            no_default_provisioners: arguments.no_default_provisioners,
        }
    }
}
