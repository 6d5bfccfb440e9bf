//! What drivers find wrong with a platform, before anyone asks for anything.

use score_model::{DEFAULT_CLASS, Diagnostic, Diagnostics, ResourceUid, SecretTexts};
use score_resolver::{Platform, Schema, ValidateRequest};

use crate::{Call, Registry};

impl Registry {
    /// What the drivers that check inputs ([`Capabilities::validate`](crate::Capabilities)) find wrong with those of a platform's modules, whatever resource they are for: what expressions give is unknown to them.
    ///
    /// Modules whose inputs contradict the schema of their driver are left to [`check`](score_resolver::check). A driver that cannot tell says nothing.
    pub async fn unsound_modules(&self, platform: &Platform, call: &Call) -> Diagnostics {
        let mut found = Diagnostics::new();
        for (name, module) in platform.modules() {
            let driver = self.get(&module.driver).filter(|driver| driver.info().capabilities.validate);
            let uid = ResourceUid::new(&module.ty, DEFAULT_CLASS, "any").ok();
            let (Some(driver), Some(uid), Some(mut inputs)) = (driver, uid, platform.known_inputs(name)) else {
                continue;
            };
            if let Some(schema) = driver.info().inputs.clone().and_then(|schema| Schema::new(schema).ok()) {
                if !schema.violations(&inputs).is_empty() {
                    continue;
                }
                inputs = schema.conceal(inputs);
            }
            let secrets = SecretTexts::of(&inputs);
            for problem in driver.validate(call, ValidateRequest::new(uid, inputs)).await.unwrap_or_default() {
                let what = secrets.redact(&problem.message);
                let message = format!("inputs of driver `{}` in module `{name}`: {what}", module.driver);
                found.push(Diagnostic::error("inputs", message).at(module.input_place(&problem.path)));
            }
        }
        found
    }
}
