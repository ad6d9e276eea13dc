//! The methods that there are, from the descriptors: name, verb and path.

/// A method of one version.
#[derive(Debug)]
pub(crate) struct Method {
    /// `v2` or `v2beta`.
    pub(crate) version: String,
    /// `SpacesService.GetSpace`.
    pub(crate) name: String,
    /// `GET`.
    pub(crate) verb: String,
    /// `/v2/{name=spaces/*}`.
    pub(crate) template: String,
}

const PACKAGE: &str = "google.apps.meet.";
const VERBS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// All methods of the contract, in the order in which they are described, and both versions of one beside each other.
pub(crate) fn all() -> Vec<Method> {
    let pool = api::descriptor_pool();
    let annotation = pool.get_extension_by_name("google.api.http").expect("compiled in");
    let services = pool
        .services()
        .filter(|service| service.package_name().starts_with(PACKAGE));
    let mut methods: Vec<Method> = services
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .map(|method| {
            let options = method.options();
            let rule = options.get_extension(&annotation);
            let rule = rule.as_message().expect("a message");
            let verb = VERBS.into_iter().find(|verb| rule.has_field_by_name(verb));
            let verb = verb.expect("every method is served over REST");
            let template = rule.get_field_by_name(verb).expect("it is there");
            let service = method.parent_service();
            Method {
                version: service.package_name().trim_start_matches(PACKAGE).to_owned(),
                name: format!("{}.{}", service.name(), method.name()),
                verb: verb.to_uppercase(),
                template: template.as_str().expect("a path").to_owned(),
            }
        })
        .collect();
    // Stable: methods that only one version has stay where that version has them.
    let order: Vec<String> = methods
        .iter()
        .filter(|method| method.version == "v2beta")
        .map(|method| method.name.clone())
        .collect();
    methods.sort_by_key(|method| order.iter().position(|name| *name == method.name));
    methods
}

impl Method {
    /// `GetSpace`.
    pub(crate) fn short_name(&self) -> &str {
        self.name.rsplit('.').next().expect("split gives at least one part")
    }

    /// The path with names in it: `name_of` finds one for `spaces/*`.
    pub(crate) fn path(&self, name_of: impl Fn(&str) -> String) -> String {
        let Some((before, rest)) = self.template.split_once('{') else {
            return self.template.clone();
        };
        let (field, after) = rest.split_once('}').expect("a brace that is opened is closed");
        let (_, pattern) = field.split_once('=').expect("our templates say what a name looks like");
        format!("{before}{}{after}", name_of(pattern))
    }
}
