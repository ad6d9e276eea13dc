import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.rpc.ApiException;
import com.google.apps.meet.v2.ConferenceRecord;
import com.google.apps.meet.v2.Space;
import com.google.apps.meet.v2.SpaceConfig;
import com.google.apps.meet.v2.SpaceConfig.AccessType;
import com.google.apps.meet.v2.SpaceConfig.EntryPointAccess;
import com.google.apps.meet.v2beta.Member;
import com.google.apps.meet.v2beta.SpacesServiceClient;
import com.google.apps.meet.v2beta.SpacesServiceSettings;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Google's Java clients against a server with a development certificate: each makes a space, reads it by its code, changes it,
 * asks who was in its meetings, and is refused what is not there.
 */
class ClientsTest {
  private static Server server;

  @BeforeAll
  static void start() throws Exception {
    server = new Server();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void cloudClientOverGrpc() throws Exception {
    check(CloudClient.overGrpc(server));
  }

  @Test
  void cloudClientOverRest() throws Exception {
    check(CloudClient.overRest(server));
  }

  @Test
  void discoveryClientWithItsCompressedBodies() throws Exception {
    check(new DiscoveryClient(server));
  }

  @Test
  void membersOverGrpc() throws Exception {
    checkMembers(SpacesServiceSettings.newBuilder());
  }

  @Test
  void membersOverRest() throws Exception {
    checkMembers(SpacesServiceSettings.newHttpJsonBuilder());
  }

  /** The cloud client knows the members of a space in v2beta only, whose types are others. */
  private static void checkMembers(SpacesServiceSettings.Builder settings) throws Exception {
    settings.setEndpoint(server.endpoint());
    settings.setCredentialsProvider(FixedCredentialsProvider.create(server.credentials()));
    try (var spaces = SpacesServiceClient.create(settings.build())) {
      var space = spaces.createSpace(com.google.apps.meet.v2beta.Space.getDefaultInstance()).getName();
      var asked = Member.newBuilder().setEmail("bo@example.org").setRole(Member.Role.COHOST).build();
      var added = spaces.createMember(space, asked);
      assertEquals(asked, added.toBuilder().clearName().build());
      var again = assertThrows(ApiException.class, () -> spaces.createMember(space, asked));
      assertEquals("ALREADY_EXISTS", CloudClient.codeOf(again));
      assertEquals(added, spaces.getMember(added.getName()));
      assertEquals(List.of(added), ImmutableList.copyOf(spaces.listMembers(space).iterateAll()));
      spaces.deleteMember(added.getName());
      assertEquals(List.of(), ImmutableList.copyOf(spaces.listMembers(space).iterateAll()));
    }
  }

  private static void check(Client client) throws Exception {
    try (client) {
      var space = client.createSpace(spaceWith(SpaceConfig.newBuilder().setAccessType(AccessType.OPEN)));
      spaces(client, space);
      server.meet(space.getName());
      server.meet(space.getName());
      Runnable ends = () -> client.endActiveConference(space.getName());
      server.gather(space.getName(), ends, new String[] {""});
      refused("FAILED_PRECONDITION", ends::run);
      records(client, space);
    }
  }

  private static Space spaceWith(SpaceConfig.Builder config) {
    return Space.newBuilder().setConfig(config).build();
  }

  private static void spaces(Client client, Space space) {
    assertTrue(space.getName().matches("spaces/[\\w-]{12}"), space.getName());
    assertEquals(AccessType.OPEN, space.getConfig().getAccessType());
    assertEquals(space.getName(), client.getSpace("spaces/" + space.getMeetingCode()).getName());

    var restricted = SpaceConfig.newBuilder().setEntryPointAccess(EntryPointAccess.CREATOR_APP_ONLY);
    var change = spaceWith(restricted).toBuilder().setName(space.getName()).build();
    var changed = client.updateSpace(change, "config.entry_point_access").getConfig();
    assertEquals(EntryPointAccess.CREATOR_APP_ONLY, changed.getEntryPointAccess());
    assertEquals(AccessType.OPEN, changed.getAccessType());
    restricted.setEntryPointAccess(EntryPointAccess.ALL);
    change = change.toBuilder().setConfig(restricted).build();
    client.updateSpace(change, "config.entry_point_access");

    var unnamed = change;
    refused("INVALID_ARGUMENT", () -> client.updateSpace(unnamed, "name"));
    refused("FAILED_PRECONDITION", () -> client.endActiveConference(space.getName()));
    refused("PERMISSION_DENIED", () -> client.getSpace("spaces/AAAAAAAAAAAA"));
  }

  private static void records(Client client, Space space) {
    var records = client.records("space.name = \"" + space.getName() + "\"");
    assertEquals(5, records.size(), "each of them was gone before the next came");
    Set<String> names = new TreeSet<>();
    for (var record : records) names.add(visitor(client, record, space));
    assertEquals(Set.of("Ada", "Owner"), names);

    var record = records.get(0).getName();
    assertEquals(List.of(), client.recordings(record));
    for (var count : client.artifacts(record)) assertEquals(0, count);
    refused("NOT_FOUND", () -> client.recording(record + "/recordings/none"));
    refused("PERMISSION_DENIED", () -> client.participants("conferenceRecords/unknown"));
  }

  /** The name of the only one who was in a conference. */
  private static String visitor(Client client, ConferenceRecord record, Space space) {
    assertEquals(space.getName(), record.getSpace());
    assertEquals(record, client.record(record.getName()));
    var participants = client.participants(record.getName());
    assertEquals(1, participants.size());
    var participant = participants.get(0);
    assertEquals(participant, client.participant(participant.getName()));
    var sessions = client.sessions(participant.getName(), "end_time IS NOT NULL");
    assertEquals(1, sessions.size());
    assertTrue(sessions.get(0).hasEndTime());
    assertEquals(sessions.get(0), client.session(sessions.get(0).getName()));
    assertEquals(List.of(), client.sessions(participant.getName(), "end_time IS NULL"));
    assertFalse(participant.hasPhoneUser());
    return participant.hasSignedinUser()
        ? participant.getSignedinUser().getDisplayName()
        : participant.getAnonymousUser().getDisplayName();
  }

  private static void refused(String code, Executable call) {
    assertEquals(code, assertThrows(Client.Refused.class, call).code);
  }
}
