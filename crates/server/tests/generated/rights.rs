//! What a device may do in a meeting: the names that the web client knows them by.

use expect_test::expect_file;
use meeting::Right;

#[test]
fn the_web_client_knows_every_right_by_its_name() {
    let names = Right::ALL.map(|right| format!("'{}'", right.name())).join(", ");
    let text = format!(
        "// What a device may do in a meeting, or not. Generated from `meeting::Right`, and not to be edited.\n\n\
         /** Every right, in the order in which the server tells of them. */\n\
         export const RIGHTS = [{names}] as const;\n\n\
         export type Right = (typeof RIGHTS)[number];\n"
    );
    expect_file!["../../../../web/src/api/generated/rights.ts"].assert_eq(&text);
}
