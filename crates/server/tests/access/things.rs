//! How a thing of each kind is made, by somebody who may.

use serde_json::{Value, json};

use crate::callers::{Call, Caller};
use crate::cast::Cast;
use crate::requests;
use crate::world::text;

impl Cast {
    /// A space that an app made for its owner, with a co-host and a member.
    pub(crate) async fn make_space(&self, config: &Value) -> String {
        let space = self.post(self.maker(), "/v2/spaces", &json!({"config": config})).await;
        let space = text(&space, "name");
        for (email, role) in [
            ("cohost@example.org", "COHOST"),
            ("member@example.org", "ROLE_UNSPECIFIED"),
        ] {
            let path = format!("/v2/{space}/members");
            self.post(self.maker(), &path, &json!({"email": email, "role": role}))
                .await;
        }
        space
    }

    /// Makes a thing that has such a name.
    pub(crate) async fn make(&mut self, pattern: &str) -> String {
        let word = self.new_word();
        let email = format!("{word}@example.org");
        match pattern {
            "spaces/*/members/*" => {
                // Of a member with an account there is more to show.
                self.administered("users", &json!({"email": email})).await;
                let path = format!("/v2/{}/members", self.space);
                let member = self.post(self.maker(), &path, &json!({"email": email})).await;
                text(&member, "name")
            }
            "users/*" => self.administered("users", &json!({"email": email})).await,
            "apps/*" => {
                let app = json!({"displayName": word, "kind": "INSTALLED"});
                self.administered("apps", &app).await
            }
            "daemons/*" => self.daemon(&word).await,
            "daemons/*/credentials/*" => {
                let daemon = self.daemon(&word).await;
                self.administered(&format!("{daemon}/credentials"), &json!({})).await
            }
            "serviceAccounts/*" => self.service_account(&word).await,
            "serviceAccounts/*/keys/*" => {
                let account = self.service_account(&word).await;
                self.administered(&format!("{account}/keys"), &json!({})).await
            }
            "grants/*" => {
                let account = self.service_account(&word).await;
                self.administered("grants", &requests::grant(&account)).await
            }
            "projects/*" => {
                let project = self.administered("projects", &json!({"projectId": word})).await;
                let path = format!("/sederunt/v1/{project}:setMember");
                let member = json!({"member": requests::MEMBER, "role": "VIEWER"});
                self.post(self.caller("administrator"), &path, &member).await;
                project
            }
            "domains/*" => {
                let domain = json!({"domain": format!("{word}.example")});
                self.administered("domains", &domain).await
            }
            other => panic!("say here how a thing is made that is called {other}"),
        }
    }

    async fn daemon(&self, name: &str) -> String {
        let daemon = json!({"displayName": name, "roles": ["CallRecords.Read.All"]});
        self.administered("daemons", &daemon).await
    }

    async fn service_account(&self, id: &str) -> String {
        let account = json!({"accountId": id});
        self.administered("serviceAccounts", &account).await
    }

    /// The name of what the administrator made in a collection.
    async fn administered(&self, collection: &str, body: &Value) -> String {
        let path = format!("/sederunt/v1/{collection}");
        let made = self.post(self.caller("administrator"), &path, body).await;
        // Some come with their secrets beside them.
        let thing = ["app", "key", "credential"].iter().find_map(|field| made.get(field));
        text(thing.unwrap_or(&made), "name")
    }

    async fn post(&self, by: &Caller, path: &str, body: &Value) -> Value {
        let call = Call {
            verb: "POST".to_owned(),
            path: path.to_owned(),
            body: body.to_string(),
        };
        by.ask(&self.world, &call).await.ok()
    }
}
