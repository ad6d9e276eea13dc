//! Online meetings, by the address that people open: what has only that finds the id below which the attendance reports are.
//!
//! An online meeting is a space. There is no list of all of them, as Graph has none: the filter is what is asked. A meeting that is
//! somebody else's looks like one that is not there.

use identity::User;
use meeting::MeetingCode;
use register::{RegisterError, SpaceRecord};
use rooms::{SpaceName, find_space};
use serde::Serialize;

use super::organizers::Whose;
use super::pages::Collection;
use super::primitives::Moment;
use super::reply::Reply;
use super::{Asked, Graph, conditions, contexts};
use crate::failure::Answer;
use crate::gate::asking::as_resource;
use crate::links;

/// `onlineMeeting`, as far as a space is one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OnlineMeeting {
    id: String,
    creation_date_time: Moment,
    join_web_url: String,
}

pub(super) async fn list(graph: &Graph, asked: &Asked, whose: Whose) -> Answer<Reply> {
    let organizer = whose.organizer(graph, asked).await?;
    let public_url = &graph.installation.public_url;
    let filter = asked.options.filter.as_deref().unwrap_or_default();
    let mut value = Vec::new();
    if let Some(code) = conditions::of_meetings(filter, public_url)?
        && let Some(space) = meeting_of(graph, asked, &organizer, &code).await?
    {
        value.push(OnlineMeeting {
            id: space.id.to_string(),
            creation_date_time: Moment(space.create),
            join_web_url: links::meeting_uri(public_url, &code),
        });
    }
    let name = format!("users('{}')/onlineMeetings", organizer.id);
    Ok(asked.reply(&Collection {
        context: contexts::collection(&graph.root(&asked.place), &name, &asked.options),
        count: asked.options.count.then_some(i64::from(!value.is_empty())),
        value,
        next_link: None,
    }))
}

/// The space with this code, if it is the organizer's and the caller may know of it.
async fn meeting_of(graph: &Graph, asked: &Asked, organizer: &User, code: &MeetingCode) -> Answer<Option<SpaceRecord>> {
    let name = SpaceName::Code(code.clone());
    match find_space(&graph.installation.register, &name, asked.now).await {
        Ok(space) => {
            let is_theirs = space.owner == organizer.id && asked.asking.allowed(&as_resource(&space, false)).is_ok();
            Ok(is_theirs.then_some(space))
        }
        Err(RegisterError::NotFound) => Ok(None),
        Err(error) => Err(asked.asking.unread(error)),
    }
}
