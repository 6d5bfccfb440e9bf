//! How strictly Score files are taken.

/// How strictly Score files are taken where the Score tools are laxer than the specification, or have a known defect.
///
/// | | strict | compatible |
/// |---|---|---|
/// | a probe with neither `httpGet` nor `exec` | refused | accepted |
/// | `${metadata.annotations.a\.b/c}`: an escaped dot or `/` in a placeholder | accepted | refused |
/// | `${metadata.X}` where the metadata has no `X` | refused | accepted; fails at deployment |
/// | `${resources.X}` without an output, other than as the source of a volume | accepted, with a warning | accepted; fails at deployment |
/// | `${` that no `}` closes, which is plain text | accepted, with a warning | accepted |
/// | a second document in the file, which nobody reads | accepted, with a warning | accepted |
/// | `binaryContent` that is no base64 | refused | accepted; fails at deployment |
/// | two items of a deprecated list of files or volumes with one target | refused | the later replaces the earlier, with a warning |
/// | an item of such a list that is no map | refused | left out, with a warning |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As the newest specification says.
    #[default]
    Strict,
    /// As score-compose and score-k8s do.
    Compatible,
}
