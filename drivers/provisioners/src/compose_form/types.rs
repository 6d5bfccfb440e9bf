//! The types of Compose's documents, field by field, as the Score tool knows them.

/// What a field may be, and what it becomes.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// A text; a whole number becomes one.
    Text,
    /// True or false, also `yes` and `no`; false is nothing.
    Flag,
    /// Like a flag, where false is not the same as nothing.
    MaybeFlag,
    /// Like a flag, where true is nothing and nothing is false.
    OptOut,
    /// Like a flag, where nothing is false, and false is said.
    Always,
    /// A number, also as a text; zero is nothing.
    Number,
    /// Like a number, where zero is not the same as nothing.
    MaybeNumber,
    /// A number of devices, or `all`.
    Count,
    /// A number of bytes, also with a unit, as a text.
    Size,
    /// Permissions, an octal number as a text.
    Mode,
    /// A span of time such as `1m30s`.
    Duration,
    /// A command: a text is taken apart as a shell does.
    Command,
    /// A list of texts.
    Texts,
    /// A list of texts; one text is a list of one.
    TextOrTexts,
    /// A map to texts; a list of `KEY=VALUE` is one. What has no value is empty.
    Mapping,
    /// Like a mapping, where no value is not the same as an empty one.
    Environment,
    /// A map to texts.
    Options,
    /// A map to lists of texts; one text is a list of one.
    ManyOptions,
    /// `HOST:ADDRESS` or a map, as a list of `HOST=ADDRESS`.
    Hosts,
    /// The command of a health check: a text is run by a shell.
    Test,
    /// A number, or a softer and a harder one, by name.
    Limits,
    /// An object, which is there even when it is empty.
    Object(&'static [Field]),
    /// An object, which is nothing when it is empty.
    Inline(&'static [Field]),
    /// A list of objects.
    Objects(&'static [Field]),
    /// Objects by name; null is not the same as an empty one.
    Named(&'static [Field]),
    /// Objects by name.
    NamedInline(&'static [Field]),
}

pub(super) type Field = (&'static str, Form);

use Form::{
    Always, Command, Count, Duration, Environment, Flag, Hosts, Inline, Limits, ManyOptions, Mapping, MaybeFlag,
    MaybeNumber, Mode, Named, NamedInline, Number, Object, Objects, OptOut, Options, Size, Test, Text, TextOrTexts,
    Texts,
};

pub(super) const PROJECT: &[Field] = &[
    ("name", Text),
    ("services", NamedInline(SERVICE)),
    ("networks", NamedInline(NETWORK)),
    ("volumes", NamedInline(VOLUME)),
    ("secrets", NamedInline(FILE_OBJECT)),
    ("configs", NamedInline(FILE_OBJECT)),
    ("models", NamedInline(MODEL)),
];

pub(super) const SERVICE: &[Field] = &[
    ("annotations", Mapping),
    ("attach", MaybeFlag),
    ("blkio_config", Object(BLOCK_IO)),
    ("build", Object(BUILD)),
    ("cap_add", Texts),
    ("cap_drop", Texts),
    ("cgroup", Text),
    ("cgroup_parent", Text),
    ("command", Command),
    ("configs", Objects(FILE_REFERENCE)),
    ("container_name", Text),
    ("cpu_count", Number),
    ("cpu_percent", Number),
    ("cpu_period", Number),
    ("cpu_quota", Number),
    ("cpu_rt_period", Number),
    ("cpu_rt_runtime", Number),
    ("cpu_shares", Number),
    ("cpus", Number),
    ("cpuset", Text),
    ("credential_spec", Object(&[("config", Text), ("file", Text), ("registry", Text)])),
    ("depends_on", NamedInline(&[("condition", Text), ("restart", Flag), ("required", Always)])),
    ("deploy", Object(DEPLOY)),
    ("develop", Object(&[("watch", Objects(WATCH))])),
    ("device_cgroup_rules", Texts),
    ("devices", Objects(&[("source", Text), ("target", Text), ("permissions", Text)])),
    ("dns", TextOrTexts),
    ("dns_opt", Texts),
    ("dns_search", TextOrTexts),
    ("dockerfile", Text),
    ("domainname", Text),
    ("entrypoint", Command),
    ("env_file", Objects(&[("path", Text), ("required", OptOut), ("format", Text)])),
    ("environment", Environment),
    ("expose", TextOrTexts),
    ("extends", Object(&[("file", Text), ("service", Text)])),
    ("external_links", Texts),
    ("extra_hosts", Hosts),
    ("gpus", Objects(DEVICE_REQUEST)),
    ("group_add", Texts),
    ("healthcheck", Object(HEALTH_CHECK)),
    ("hostname", Text),
    ("image", Text),
    ("init", MaybeFlag),
    ("ipc", Text),
    ("isolation", Text),
    ("label_file", Texts),
    ("labels", Mapping),
    ("links", Texts),
    ("log_driver", Text),
    ("log_opt", Options),
    ("logging", Object(&[("driver", Text), ("options", Options)])),
    ("mac_address", Text),
    ("mem_limit", Size),
    ("mem_reservation", Size),
    ("mem_swappiness", Size),
    ("memswap_limit", Size),
    ("models", Named(&[("endpoint_var", Text), ("model_var", Text)])),
    ("net", Text),
    ("network_mode", Text),
    ("networks", Named(SERVICE_NETWORK)),
    ("oom_kill_disable", Flag),
    ("oom_score_adj", Number),
    ("pid", Text),
    ("pids_limit", Number),
    ("platform", Text),
    ("ports", Objects(PORT)),
    ("post_start", Objects(HOOK)),
    ("pre_start", Objects(HOOK)),
    ("pre_stop", Objects(HOOK)),
    ("privileged", Flag),
    ("profiles", Texts),
    ("provider", Object(&[("type", Text), ("options", ManyOptions)])),
    ("pull_policy", Text),
    ("read_only", Flag),
    ("restart", Text),
    ("runtime", Text),
    ("scale", MaybeNumber),
    ("secrets", Objects(FILE_REFERENCE)),
    ("security_opt", Texts),
    ("shm_size", Size),
    ("stdin_open", Flag),
    ("stop_grace_period", Duration),
    ("stop_signal", Text),
    ("storage_opt", Options),
    ("sysctls", Mapping),
    ("tmpfs", TextOrTexts),
    ("tty", Flag),
    ("ulimits", Limits),
    ("use_api_socket", Flag),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volume_driver", Text),
    ("volumes", Objects(MOUNT)),
    ("volumes_from", Texts),
    ("working_dir", Text),
];

pub(super) const BUILD: &[Field] = &[
    ("additional_contexts", Mapping),
    ("args", Environment),
    ("cache_from", TextOrTexts),
    ("cache_to", TextOrTexts),
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", Texts),
    ("extra_hosts", Hosts),
    ("isolation", Text),
    ("labels", Mapping),
    ("network", Text),
    ("no_cache", Flag),
    ("no_cache_filter", TextOrTexts),
    ("platforms", TextOrTexts),
    ("privileged", Flag),
    ("provenance", Text),
    ("pull", Flag),
    ("sbom", Text),
    ("secrets", Objects(FILE_REFERENCE)),
    ("shm_size", Size),
    ("ssh", Texts),
    ("tags", TextOrTexts),
    ("target", Text),
    ("ulimits", Limits),
];

pub(super) const VOLUME: &[Field] =
    &[("name", Text), ("driver", Text), ("driver_opts", Options), ("external", Flag), ("labels", Mapping)];

pub(super) const NETWORK: &[Field] = &[
    ("name", Text),
    ("driver", Text),
    ("driver_opts", Options),
    (
        "ipam",
        Inline(&[
            ("driver", Text),
            ("config", Objects(&[("subnet", Text), ("gateway", Text), ("ip_range", Text), ("aux_addresses", Mapping)])),
            ("options", Options),
        ]),
    ),
    ("external", Flag),
    ("internal", Flag),
    ("attachable", Flag),
    ("labels", Mapping),
    ("enable_ipv4", MaybeFlag),
    ("enable_ipv6", MaybeFlag),
];

pub(super) const MODEL: &[Field] =
    &[("name", Text), ("model", Text), ("context_size", Number), ("runtime_flags", Texts)];

const FILE_OBJECT: &[Field] = &[
    ("name", Text),
    ("file", Text),
    ("environment", Text),
    ("content", Text),
    ("external", Flag),
    ("labels", Mapping),
    ("driver", Text),
    ("driver_opts", Options),
    ("template_driver", Text),
];

const FILE_REFERENCE: &[Field] = &[("source", Text), ("target", Text), ("uid", Text), ("gid", Text), ("mode", Mode)];

const BLOCK_IO: &[Field] = &[
    ("weight", Number),
    ("weight_device", Objects(&[("path", Text), ("weight", Number)])),
    ("device_read_bps", Objects(THROTTLE)),
    ("device_read_iops", Objects(THROTTLE)),
    ("device_write_bps", Objects(THROTTLE)),
    ("device_write_iops", Objects(THROTTLE)),
];

const THROTTLE: &[Field] = &[("path", Text), ("rate", Size)];

const DEPLOY: &[Field] = &[
    ("mode", Text),
    ("replicas", MaybeNumber),
    ("labels", Mapping),
    ("update_config", Object(UPDATE)),
    ("rollback_config", Object(UPDATE)),
    ("resources", Inline(&[("limits", Object(AMOUNTS)), ("reservations", Object(AMOUNTS))])),
    (
        "restart_policy",
        Object(&[("condition", Text), ("delay", Duration), ("max_attempts", MaybeNumber), ("window", Duration)]),
    ),
    (
        "placement",
        Inline(&[
            ("constraints", Texts),
            ("preferences", Objects(&[("spread", Text)])),
            ("max_replicas_per_node", Number),
        ]),
    ),
    ("endpoint_mode", Text),
];

const UPDATE: &[Field] = &[
    ("parallelism", MaybeNumber),
    ("delay", Duration),
    ("failure_action", Text),
    ("monitor", Duration),
    ("max_failure_ratio", Number),
    ("order", Text),
];

const AMOUNTS: &[Field] = &[
    ("cpus", Number),
    ("memory", Size),
    ("pids", Number),
    ("devices", Objects(DEVICE_REQUEST)),
    ("generic_resources", Objects(&[("discrete_resource_spec", Object(&[("kind", Text), ("value", Number)]))])),
];

const DEVICE_REQUEST: &[Field] =
    &[("capabilities", Texts), ("driver", Text), ("count", Count), ("device_ids", Texts), ("options", Mapping)];

const HEALTH_CHECK: &[Field] = &[
    ("test", Test),
    ("timeout", Duration),
    ("interval", Duration),
    ("retries", MaybeNumber),
    ("start_period", Duration),
    ("start_interval", Duration),
    ("disable", Flag),
];

const WATCH: &[Field] = &[
    ("path", Text),
    ("action", Text),
    ("target", Text),
    ("exec", Inline(HOOK)),
    ("include", Texts),
    ("ignore", Texts),
    ("initial_sync", Flag),
];

const HOOK: &[Field] = &[
    ("command", Command),
    ("image", Text),
    ("user", Text),
    ("privileged", Flag),
    ("working_dir", Text),
    ("environment", Environment),
    ("per_replica", Flag),
];

const SERVICE_NETWORK: &[Field] = &[
    ("aliases", Texts),
    ("driver_opts", Options),
    ("gw_priority", Number),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", Texts),
    ("mac_address", Text),
    ("priority", Number),
];

const PORT: &[Field] = &[
    ("name", Text),
    ("mode", Text),
    ("host_ip", Text),
    ("target", Number),
    ("published", Text),
    ("protocol", Text),
    ("app_protocol", Text),
];

const MOUNT: &[Field] = &[
    ("type", Text),
    ("source", Text),
    ("target", Text),
    ("read_only", Flag),
    ("consistency", Text),
    ("bind", Object(&[("selinux", Text), ("propagation", Text), ("create_host_path", OptOut), ("recursive", Text)])),
    ("volume", Object(&[("labels", Mapping), ("nocopy", Flag), ("subpath", Text)])),
    ("tmpfs", Object(&[("size", Size), ("mode", Number)])),
    ("image", Object(&[("subpath", Text)])),
];
