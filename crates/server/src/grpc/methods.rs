//! The methods that are served, by path: one look-up per request.
//!
//! They come from the descriptors and from the contracts' tables: what stands in both is served. Where editions of a contract
//! are the same on the wire, their paths lead to one implementation. An unknown method is refused before anything is spent on
//! it, and names in metrics come from here, so that nobody can make up new ones.

use std::collections::HashMap;
use std::sync::Arc;

use super::Contract;
use crate::gate::asking::Method;

/// A method, and who serves it.
pub(super) struct Served {
    pub(super) method: Arc<Method>,
    /// By which its service knows it.
    pub(super) name: &'static str,
    pub(super) service: Arc<dyn api::Methods>,
    /// Whether its messages go on, either way.
    pub(super) goes_on: bool,
}

/// All methods.
pub(super) struct Methods(HashMap<String, Served>);

impl Methods {
    pub(super) fn new(contracts: Vec<Contract>) -> Methods {
        let mut methods = HashMap::new();
        for contract in contracts {
            for package in contract.declared.packages {
                methods.extend(served(&contract, package));
            }
        }
        Methods(methods)
    }

    /// The method of a gRPC path.
    pub(super) fn find(&self, path: &str) -> Option<&Served> {
        self.0.get(path)
    }
}

/// The methods of one package of a contract, by path.
fn served<'c>(contract: &'c Contract, package: &'c str) -> impl Iterator<Item = (String, Served)> + 'c {
    let declared = contract.declared;
    let implemented = declared.packages[0];
    declared.operations.iter().filter_map(move |operation| {
        let (service, method) = operation.name.split_once('/')?;
        let described = api::descriptor_pool().get_service_by_name(&format!("{package}.{service}"))?;
        // An edition may lack what a newer one has.
        described.methods().find(|described| described.name() == method)?;
        let wanted = format!("{implemented}.{service}");
        let served = contract.services.iter().find(|served| served.service() == wanted)?;
        let name = format!("{package}.{}", operation.name);
        let path = format!("/{name}");
        let row = Served {
            method: Arc::new(Method {
                name: name.as_str().into(),
                service: declared.host,
                operation,
            }),
            name: method,
            service: Arc::clone(served),
            goes_on: api::goes_on(&path),
        };
        Some((path, row))
    })
}
