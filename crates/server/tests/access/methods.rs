//! The methods that there are, from the descriptors: name, verb and path.

/// A set of services with a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contract {
    /// How the names of its packages begin; the rest is the version.
    pub(crate) packages: &'static str,
    /// What the table calls it.
    pub(crate) title: &'static str,
}

pub(crate) const MEET: Contract = Contract {
    packages: "google.apps.meet.",
    title: "Google's Meet API",
};
pub(crate) const OWN: Contract = Contract {
    packages: "sederunt.",
    title: "our own contract",
};
pub(crate) const PEOPLE: Contract = Contract {
    packages: "google.people.",
    title: "Google's People API",
};

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

const VERBS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

/// All methods of a contract, in the order in which they are described, and both versions of one beside each other.
pub(crate) fn of(contract: Contract) -> Vec<Method> {
    let pool = api::descriptor_pool();
    let annotation = pool.get_extension_by_name("google.api.http").expect("compiled in");
    let services = pool.services().filter(|service| contract.holds(service.package_name()));
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
                version: service.package_name().trim_start_matches(contract.packages).to_owned(),
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

/// The services that are in none of these contracts.
pub(crate) fn services_outside(contracts: &[Contract]) -> Vec<String> {
    let pool = api::descriptor_pool();
    let outside = pool
        .services()
        .filter(|service| contracts.iter().all(|contract| !contract.holds(service.package_name())));
    outside.map(|service| service.full_name().to_owned()).collect()
}

impl Contract {
    /// Whether a package is one of its versions.
    fn holds(self, package: &str) -> bool {
        let version = package.strip_prefix(self.packages);
        version.is_some_and(|version| !version.contains('.'))
    }
}

impl Method {
    /// `SpacesService`.
    pub(crate) fn service(&self) -> &str {
        self.name.split('.').next().expect("split gives at least one part")
    }

    /// What the name in the path looks like: `spaces/*`.
    pub(crate) fn pattern(&self) -> Option<&str> {
        let (_, field) = self.template.split_once('{')?;
        let (field, _) = field.split_once('}').expect("a brace that is opened is closed");
        let (_, pattern) = field.split_once('=').expect("our templates say what a name looks like");
        Some(pattern)
    }

    /// The path with a name in it.
    pub(crate) fn path(&self, name: &str) -> String {
        match (self.template.split_once('{'), self.template.split_once('}')) {
            (Some((before, _)), Some((_, after))) => format!("{before}{name}{after}"),
            _ => self.template.clone(),
        }
    }
}
