//! Telephones and a meeting, as those in it see it: by what it is called, and whom its hosts call into it.
//!
//! Whoever is called by a host has been let in by that. A call costs the project that makes it: so somebody has to run the meeting *and* be
//! allowed to make calls in that project, and whatever keeps a stolen key from calling the world keeps them as well (`calls::Ways`). The
//! number that is shown to whoever is called is the first by which the meeting is called, so that they can call back.

use ::api::sederunt::v1::{self as api, dial_in::Number};
use calls::{CreateError, NewCall};
use meeting::SpaceId;

use super::MeetingsService;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::projects::permitted;
use crate::{clock, names};

impl MeetingsService {
    /// How a space is reached from telephones, if it is. Whoever knows its link may know these: they open no more.
    pub(super) async fn dial_in(&self, space: &SpaceId) -> Answer<Option<api::DialIn>> {
        let access = &self.phone_access;
        let pin = access.pin(&self.register, space).await;
        let pin = pin.map_err(|error| Failure::broken(&error))?;
        Ok(pin.map(|pin| api::DialIn {
            numbers: access
                .numbers
                .iter()
                .map(|number| Number {
                    phone_number: number.number.clone(),
                    region_code: number.region.clone(),
                    language_code: number.language.clone(),
                })
                .collect(),
            pin: pin.keyed().to_owned(),
            sip_uri: access.address(&pin).unwrap_or_default(),
        }))
    }

    pub(super) async fn dial_out(
        &self,
        asking: &Asking,
        request: &api::DialOutRequest,
    ) -> Answer<api::DialOutResponse> {
        let space = self.hosted(asking, &request.space).await?;
        let [project] = names::split("project", &request.project, ["projects"])?;
        permitted(&self.identity, asking, project, "voice.calls.create").await?;
        let Some(number) = self.phone_access.numbers.first() else {
            let sentence = "Nobody can be called into meetings here: the server has no number that leads to them.";
            return Err(Failure::new(Kind::Precondition, sentence).because("NO_PHONE_ACCESS"));
        };
        let wanted = NewCall {
            to: request.phone_number.clone(),
            from: number.number.clone(),
            handler_uris: vec![format!("meet:{}", space.id)],
            is_invited: true,
            ..NewCall::default()
        };
        let call = self.calls.create_call(project, wanted, clock::steady().0).await;
        let call = call.map_err(|error| uncalled(&error))?;
        Ok(api::DialOutResponse {
            call: format!("projects/{project}/calls/{}", call.id),
        })
    }
}

fn uncalled(error: &CreateError) -> Failure {
    match error {
        CreateError::Invalid { why, .. } => Failure::field("phone_number", why.clone()),
        CreateError::NoTelephones => Failure::new(Kind::Precondition, error.to_string()),
        CreateError::TooMany => Failure::new(Kind::Exhausted, error.to_string()),
        CreateError::Store(error) => Failure::unreachable(error, "the calls cannot be reached"),
    }
}
