//! What a project has, for people and programs.

use score_templates::{Functions, Host, Template};
use serde::Serialize;

use crate::data::data;
use crate::state::State;
use crate::{Error, Provisioner};

/// A table with lines around every cell; headers are centred.
pub fn table(headers: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(headers.get(column).map(|header| header.chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headers.len()).map(width).collect();
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).chain(["+\n".into()]).collect();
    let mut text = rule.clone();
    let cells = headers.iter().zip(&widths).map(|(header, width)| {
        let header = header.to_uppercase();
        let left = (width - header.chars().count()) / 2;
        format!("| {}{header:<rest$} ", " ".repeat(left), rest = width - left)
    });
    text.extend(cells.chain(["|\n".into()]));
    text.push_str(&rule);
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("| {cell:<width$} "));
        text.extend(cells.chain(["|\n".into()]));
        text.push_str(&rule);
    }
    text
}

fn sorted(provisioners: &[Provisioner]) -> Vec<&Provisioner> {
    let mut sorted: Vec<&Provisioner> = provisioners.iter().collect();
    sorted.sort_by(|a, b| a.ty.cmp(&b.ty));
    sorted
}

/// All provisioners as a table.
pub fn provisioners_table(provisioners: &[Provisioner]) -> String {
    let list = |names: &Option<Vec<String>>| names.as_deref().unwrap_or_default().join(", ");
    let rows = sorted(provisioners).into_iter().map(|provisioner| {
        let class = provisioner.class.clone().unwrap_or_else(|| "(any)".into());
        let (params, outputs) = (list(&provisioner.params), list(&provisioner.outputs));
        vec![provisioner.ty.clone(), class, params, outputs, provisioner.description.clone()]
    });
    table(&["Type", "Class", "Params", "Outputs", "Description"], &rows.collect::<Vec<_>>())
}

/// All provisioners as JSON.
pub fn provisioners_json(provisioners: &[Provisioner]) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Item<'a> {
        r#type: &'a str,
        class: &'a str,
        params: Option<&'a [String]>,
        outputs: Option<&'a [String]>,
        description: &'a str,
    }
    let items = sorted(provisioners).into_iter().map(|provisioner| {
        let absent = || (provisioner.kind != crate::Kind::Environment).then_some(&[][..]);
        Item {
            r#type: &provisioner.ty,
            class: provisioner.class.as_deref().unwrap_or("(any)"),
            params: provisioner.params.as_deref().or_else(absent),
            outputs: provisioner.outputs.as_deref().or_else(absent),
            description: &provisioner.description,
        }
    });
    pretty(&items.collect::<Vec<_>>())
}

impl State {
    /// The uids of all that the workloads ask for, in the order of provisioning, with the names of their outputs.
    ///
    /// # Errors
    /// See [`provisioning_order`](Self::provisioning_order).
    pub fn list(&self) -> Result<Vec<(String, Vec<String>)>, Error> {
        let unsorted = |e| Error::Workload(format!("failed to sort resources: {e}"));
        let uids = self.provisioning_order().map_err(unsorted)?.into_iter();
        let listed = uids.map(|uid| {
            let outputs = self.resources.get(&uid).and_then(|resource| resource.outputs.as_map());
            let mut names: Vec<String> = outputs.into_iter().flatten().map(|(name, _)| name.to_string()).collect();
            names.sort();
            (uid, names)
        });
        Ok(listed.collect())
    }

    /// The outputs of a resource, as `json`, `yaml`, or what a Go template makes of them.
    ///
    /// # Errors
    /// There is no such resource, or the template is none.
    pub fn outputs(&self, uid: &str, format: &str) -> Result<String, Error> {
        let Some(resource) = self.resources.get(uid) else {
            return Err(Error::Workload(format!("no such resource '{uid}'")));
        };
        match format {
            "json" => self.outputs(uid, "{{ toPrettyJson . }}"),
            "yaml" => Ok(score_model::yaml::write_indented(&resource.outputs, 4)),
            template => {
                let failed = |what: &str, e: score_templates::TemplateError| {
                    Error::Workload(format!("failed to {what} template: {e}"))
                };
                let template =
                    Template::parse("", template, &Functions::default()).map_err(|e| failed("parse format", e))?;
                let rendered = template.render(&data(&resource.outputs), &mut Host::default());
                let mut rendered = rendered.map_err(|e| failed("execute", e))?;
                if !rendered.ends_with('\n') {
                    rendered.push('\n');
                }
                Ok(rendered)
            }
        }
    }
}

/// What `resources list` prints, as a table.
pub fn resources_table(resources: &[(String, Vec<String>)]) -> String {
    let rows = resources.iter().map(|(uid, outputs)| vec![uid.clone(), outputs.join(", ")]);
    table(&["UID", "Outputs"], &rows.collect::<Vec<_>>())
}

/// What `resources list` prints, as JSON.
pub fn resources_json(resources: &[(String, Vec<String>)]) -> String {
    #[derive(Serialize)]
    struct Item<'a> {
        #[serde(rename = "UID")]
        uid: &'a str,
        #[serde(rename = "Outputs")]
        outputs: &'a [String],
    }
    pretty(&resources.iter().map(|(uid, outputs)| Item { uid, outputs }).collect::<Vec<_>>())
}

fn pretty(items: &impl Serialize) -> String {
    serde_json::to_string_pretty(items).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables() {
        let rows = [vec!["dns.default#example.dns".to_owned(), "host".to_owned()]];
        assert_eq!(
            table(&["UID", "Outputs"], &rows),
            "+-------------------------+---------+\n\
             |           UID           | OUTPUTS |\n\
             +-------------------------+---------+\n\
             | dns.default#example.dns | host    |\n\
             +-------------------------+---------+\n"
        );
    }
}
