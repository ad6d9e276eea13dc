//! `projects.phoneNumberInstances`: create, get, list, patch, delete, move, and ranges that are not there.

use std::sync::Arc;

use ::api::enfonica::numbering::v1beta1 as api;
use calls::{Calls, List, NumberPlan, PhoneNumber, PhoneNumberChange, PhoneNumberError, Trigger};
use identity::Identity;
use meeting::Micros;
use tonic::{Request, Response, Status};

use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::update_mask::{Paths, UpdateMask};
use crate::grpc::wire::{chosen, timestamp};
use crate::grpc::{admitted, respond};
use crate::installation::Installation;
use crate::names::split;
use crate::paging::{unlisted, unreachable};
use crate::projects::permitted;

/// The service.
#[derive(Clone)]
pub(super) struct InstancesService {
    identity: Identity,
    calls: Calls,
    numbers: Arc<NumberPlan>,
}

const NAME: [&str; 2] = ["projects", "phoneNumberInstances"];

/// What an update may name.
const PATHS: Paths = Paths {
    writable: &[
        "display_name",
        "labels",
        "incoming_call_handler_uris",
        "call_recording_trigger",
    ],
    fixed: &[
        ("name", "it cannot be changed"),
        ("phone_number", "it is said when it is made"),
        ("incoming_message_handler_uris", NO_MESSAGES),
        ("create_time", "it cannot be changed"),
        ("delete_time", "it cannot be changed"),
        ("lifecycle_state", "it cannot be changed"),
        ("activate_time", "it cannot be changed"),
        ("range", NO_RANGES),
        ("regulatory_listing", NO_LISTINGS),
        ("compliant", "it cannot be changed"),
    ],
};

const NO_MESSAGES: &str = "this server receives no messages";
const NO_RANGES: &str = "each number stands for itself here";
const NO_LISTINGS: &str = "this server has no listings for authorities";

impl InstancesService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = InstancesService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
            numbers: Arc::clone(&installation.numbers),
        };
        Arc::new(api::PhoneNumberInstancesMethods(Arc::new(service)))
    }

    /// A number, for whoever may do that with it.
    async fn find(&self, asking: &Asking, field: &str, name: &str, permission: &'static str) -> Answer<PhoneNumber> {
        let [project, id] = split(field, name, NAME)?;
        permitted(&self.identity, asking, project, permission).await?;
        let found = self.calls.phone_number(project, id).await;
        found
            .map_err(|error| unreachable(&error))?
            .ok_or_else(Failure::not_found)
    }

    async fn create(&self, asking: &Asking, request: api::CreatePhoneNumberInstanceRequest) -> Answer<Instance> {
        let [project] = split("parent", &request.parent, ["projects"])?;
        let permission = "numbering.phoneNumberInstances.create";
        permitted(&self.identity, asking, project, permission).await?;
        let asked = request.phone_number_instance.unwrap_or_default();
        let number = number_in(asked.phone_number.as_ref());
        let with = change(asked, &UpdateMask::Given)?;
        let made = self
            .calls
            .create_phone_number(project, &number, &self.numbers, with, &asking.by())
            .await;
        answered(made)
    }

    async fn get(&self, asking: &Asking, request: &api::GetPhoneNumberInstanceRequest) -> Answer<Instance> {
        let permission = "numbering.phoneNumberInstances.get";
        let number = self.find(asking, "name", &request.name, permission).await?;
        Ok(instance_of(&number))
    }

    async fn list(
        &self,
        asking: &Asking,
        request: &api::ListPhoneNumberInstancesRequest,
    ) -> Answer<api::ListPhoneNumberInstancesResponse> {
        let [project] = split("parent", &request.parent, ["projects"])?;
        permitted(&self.identity, asking, project, "numbering.phoneNumberInstances.list").await?;
        let list = List {
            size: request.page_size,
            token: &request.page_token,
            filter: "",
        };
        let page = self
            .calls
            .list_phone_numbers(project, &request.prefix, request.include_deleted, list)
            .await;
        let page = page.map_err(|error| unlisted(&error))?;
        Ok(api::ListPhoneNumberInstancesResponse {
            phone_number_instances: page.items.iter().map(instance_of).collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }

    async fn update(&self, asking: &Asking, request: api::UpdatePhoneNumberInstanceRequest) -> Answer<Instance> {
        let permission = "numbering.phoneNumberInstances.update";
        let number = self.find(asking, "name", &request.name, permission).await?;
        let mask = UpdateMask::parse(request.update_mask.as_ref(), PATHS, "update_mask")?;
        let change = change(request.phone_number_instance.unwrap_or_default(), &mask)?;
        answered(self.calls.update_phone_number(&number, &change, &asking.by()).await)
    }

    async fn delete(&self, asking: &Asking, request: &api::DeletePhoneNumberInstanceRequest) -> Answer<Instance> {
        let permission = "numbering.phoneNumberInstances.delete";
        let number = self.find(asking, "name", &request.name, permission).await?;
        answered(self.calls.delete_phone_number(number, &asking.by()).await)
    }

    /// Whoever moves a number takes it from one project and gives it to another: they need to be somebody in both.
    async fn move_to(&self, asking: &Asking, request: &api::MovePhoneNumberInstanceRequest) -> Answer<Instance> {
        let permission = "numbering.phoneNumberInstances.move";
        let number = self.find(asking, "name", &request.name, permission).await?;
        let [project] = split("destination_parent", &request.destination_parent, ["projects"])?;
        permitted(&self.identity, asking, project, permission).await?;
        if !request.regulatory_listing.is_empty() {
            return Err(Failure::field("regulatory_listing", NO_LISTINGS));
        }
        let moved = self
            .calls
            .move_phone_number(number, project, &self.numbers, &asking.by())
            .await;
        answered(moved)
    }

    async fn split_range(&self, asking: &Asking, request: &api::SplitRangeRequest) -> Answer<api::SplitRangeResponse> {
        let (field, permission) = ("phone_number_instance", "numbering.phoneNumberInstances.splitRange");
        let number = self
            .find(asking, field, &request.phone_number_instance, permission)
            .await?;
        let sentence = format!("{} is one number, and no range that could be split.", number.number);
        Err(Failure::new(Kind::Precondition, sentence).because("NOT_A_RANGE"))
    }
}

type Instance = api::PhoneNumberInstance;

/// The number that is asked for: by itself, or by its name.
fn number_in(asked: Option<&api::PhoneNumber>) -> String {
    let Some(asked) = asked else { return String::new() };
    if asked.phone_number.is_empty() {
        asked.name.strip_prefix("phoneNumbers/").unwrap_or_default().to_owned()
    } else {
        asked.phone_number.clone()
    }
}

/// What a request wants to be different. What is not here is refused, whatever the mask says: it would be taken for kept.
fn change(asked: Instance, mask: &UpdateMask) -> Answer<PhoneNumberChange> {
    use api::phone_number_instance::RecordingTrigger as Asked;
    for (is_given, field, why) in [
        (
            !asked.incoming_message_handler_uris.is_empty(),
            "incoming_message_handler_uris",
            NO_MESSAGES,
        ),
        (asked.range.is_some(), "range", NO_RANGES),
        (!asked.regulatory_listing.is_empty(), "regulatory_listing", NO_LISTINGS),
    ] {
        if is_given {
            return Err(Failure::field(&format!("phone_number_instance.{field}"), why));
        }
    }
    let field = "phone_number_instance.call_recording_trigger";
    let recording = match chosen(asked.call_recording_trigger, field)? {
        Asked::Unspecified | Asked::Disabled => Trigger::Disabled,
        Asked::Answer => Trigger::Answer,
        Asked::Bridge => Trigger::Bridge,
    };
    let covers = |field: &str, is_given: bool| mask.covers(field, is_given);
    let handlers = asked.incoming_call_handler_uris;
    Ok(PhoneNumberChange {
        recording: covers("call_recording_trigger", asked.call_recording_trigger != 0).then_some(recording),
        display_name: covers("display_name", !asked.display_name.is_empty()).then_some(asked.display_name),
        labels: covers("labels", !asked.labels.is_empty()).then_some(asked.labels),
        handler_uris: covers("incoming_call_handler_uris", !handlers.is_empty()).then_some(handlers),
    })
}

fn answered(outcome: Result<PhoneNumber, PhoneNumberError>) -> Answer<Instance> {
    match outcome {
        Ok(number) => Ok(instance_of(&number)),
        Err(error) => Err(unmade(&error)),
    }
}

fn unmade(error: &PhoneNumberError) -> Failure {
    let now = || Failure::new(Kind::Precondition, error.to_string());
    match error {
        PhoneNumberError::Invalid { field, why } => {
            Failure::field(&format!("phone_number_instance.{field}"), why.clone())
        }
        PhoneNumberError::NotGiven { number, .. } => now().because("NUMBER_NOT_GIVEN").with("number", number),
        PhoneNumberError::Taken => Failure::new(Kind::Exists, error.to_string()),
        PhoneNumberError::Here => Failure::field("destination_parent", error.to_string()),
        PhoneNumberError::Full => now().because("TOO_MANY_NUMBERS"),
        PhoneNumberError::NotFound => Failure::not_found(),
        PhoneNumberError::Store(error) => unreachable(error),
    }
}

fn instance_of(number: &PhoneNumber) -> Instance {
    use api::phone_number_instance::LifecycleState;
    let time = |time_us: i64| timestamp(Micros(time_us));
    let state = match number.delete_us {
        None => LifecycleState::Active,
        Some(_) => LifecycleState::Deleted,
    };
    let digits = number.number.trim_start_matches('+');
    Instance {
        name: number.name(),
        phone_number: Some(api::PhoneNumber {
            name: format!("phoneNumbers/{digits}"),
            phone_number: number.number.clone(),
            capabilities: vec![api::phone_number::PhoneNumberCapability::Voice.into()],
            ..api::PhoneNumber::default()
        }),
        display_name: number.display_name.clone(),
        labels: number.labels.clone(),
        incoming_call_handler_uris: number.handler_uris.clone(),
        call_recording_trigger: i32::try_from(number.recording.number()).expect("the contract's own numbers"),
        create_time: Some(time(number.create_us)),
        delete_time: number.delete_us.map(time),
        lifecycle_state: state.into(),
        activate_time: Some(time(number.create_us)),
        compliant: true,
        ..Instance::default()
    }
}

#[tonic::async_trait]
impl api::phone_number_instances_server::PhoneNumberInstances for InstancesService {
    async fn create_phone_number_instance(
        &self,
        request: Request<api::CreatePhoneNumberInstanceRequest>,
    ) -> Result<Response<Instance>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.create(&asking, message).await)
    }

    async fn get_phone_number_instance(
        &self,
        request: Request<api::GetPhoneNumberInstanceRequest>,
    ) -> Result<Response<Instance>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn list_phone_number_instances(
        &self,
        request: Request<api::ListPhoneNumberInstancesRequest>,
    ) -> Result<Response<api::ListPhoneNumberInstancesResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn update_phone_number_instance(
        &self,
        request: Request<api::UpdatePhoneNumberInstanceRequest>,
    ) -> Result<Response<Instance>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.update(&asking, message).await)
    }

    async fn delete_phone_number_instance(
        &self,
        request: Request<api::DeletePhoneNumberInstanceRequest>,
    ) -> Result<Response<Instance>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.delete(&asking, &message).await)
    }

    async fn move_phone_number_instance(
        &self,
        request: Request<api::MovePhoneNumberInstanceRequest>,
    ) -> Result<Response<Instance>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.move_to(&asking, &message).await)
    }

    async fn split_range(
        &self,
        request: Request<api::SplitRangeRequest>,
    ) -> Result<Response<api::SplitRangeResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.split_range(&asking, &message).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_number_is_asked_for() {
        let check = |name: &str, phone_number: &str, expected: &str| {
            let asked = api::PhoneNumber {
                name: name.to_owned(),
                phone_number: phone_number.to_owned(),
                ..api::PhoneNumber::default()
            };
            assert_eq!(number_in(Some(&asked)), expected);
        };
        check("", "+61255501234", "+61255501234");
        check("phoneNumbers/61255501234", "", "61255501234");
        check("phoneNumbers/1", "+61255501234", "+61255501234");
        check("61255501234", "", "");
        assert_eq!(number_in(None), "");
    }

    #[test]
    fn what_is_not_here_is_refused_and_not_forgotten() {
        let check = |asked: Instance, expected: bool| {
            assert_eq!(change(asked.clone(), &UpdateMask::All).is_ok(), expected, "{asked:?}");
        };
        check(Instance::default(), true);
        check(
            Instance {
                incoming_message_handler_uris: vec!["https://a.example".to_owned()],
                ..Instance::default()
            },
            false,
        );
        check(
            Instance {
                range: Some(api::PhoneNumberRange::default()),
                ..Instance::default()
            },
            false,
        );
        check(
            Instance {
                regulatory_listing: "projects/p/regulatoryListings/r".to_owned(),
                ..Instance::default()
            },
            false,
        );
        check(
            Instance {
                call_recording_trigger: 9,
                ..Instance::default()
            },
            false,
        );
    }
}
