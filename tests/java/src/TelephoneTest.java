import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.apps.meet.v2.ConferenceRecord;
import com.google.apps.meet.v2.ParticipantSession;
import com.google.apps.meet.v2.Recording;
import com.google.protobuf.Timestamp;
import com.microsoft.graph.models.callrecords.CallType;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A telephone was in a meeting that was recorded: Google's and Microsoft's Java clients read of both, and tell the same times. */
class TelephoneTest {
  private static Server server;
  private static ConferenceRecord record;
  private static ParticipantSession session;

  @BeforeAll
  static void start() throws Exception {
    var sip = "127.0.0.1:" + Telephone.freePort();
    // Ports of sound are pairs.
    var firstPort = Math.min(Telephone.freePort(), 65_400) / 2 * 2;
    var settings = Files.createTempFile("sederunt-java-", ".toml");
    Files.writeString(
        settings,
        """
        [telephony]
        listen = "%s"
        domain = "sip.example.org"
        first_port = %d
        last_port = %d
        gateway_sip_access = "meet.sip.example.org"
        """
            .formatted(sip, firstPort, firstPort + 98));
    server = new Server("--config", settings.toString());
    Files.delete(settings);
    var space = server.makeSpace();
    var name = space.get("name").getAsString();
    var gateway = space.getAsJsonArray("gatewaySipAccess").get(0).getAsJsonObject();
    try (var client = CloudClient.overGrpc(server);
        var telephone = new Telephone(server.data().resolve("telephone"), sip)) {
      telephone.dial(gateway.get("uri").getAsString());
      var running = Until.found(() -> client.records("space.name = \"" + name + "\"")).getName();
      Until.found(() -> client.participants(running));
      server.record(name);
      // A second of it.
      Thread.sleep(1_000);
      client.endActiveConference(name);
      Until.found(() -> client.recordings(running).stream().filter(TelephoneTest::isWhole).toList());
      record = client.record(running);
      session = client.sessions(client.participants(running).get(0).getName(), "").get(0);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static boolean isWhole(Recording recording) {
    return recording.getState() == Recording.State.FILE_GENERATED;
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
  void discoveryClient() {
    check(new DiscoveryClient(server));
  }

  private static void check(Client client) {
    try (client) {
      var participants = client.participants(record.getName());
      assertEquals(List.of("a•••@example.org"), participants.stream().map(one -> one.getPhoneUser().getDisplayName()).toList());
      var participant = participants.get(0);
      assertEquals(List.of(session), client.sessions(participant.getName(), ""));
      assertEquals(session.getStartTime(), participant.getEarliestStartTime());
      assertEquals(session.getEndTime(), participant.getLatestEndTime());

      var recordings = client.recordings(record.getName());
      assertEquals(1, recordings.size());
      var recording = recordings.get(0);
      assertEquals(Recording.State.FILE_GENERATED, recording.getState());
      assertEquals(recording, client.recording(recording.getName()));
      var link = recording.getDriveDestination().getExportUri();
      assertTrue(link.startsWith(server.url() + "/"), link);
      var times =
          List.of(record.getStartTime(), recording.getStartTime(), recording.getEndTime(), record.getEndTime()).stream()
              .map(TelephoneTest::instant)
              .toList();
      assertEquals(times.stream().sorted().toList(), times);
    }
  }

  @Test
  void microsoftsClientTellsTheSameTimes() throws Exception {
    var application = MicrosoftClient.application(server, "CallRecords.Read.All");
    var records = MicrosoftClient.with(server, MicrosoftClient.withSecret(server, application)).communications().callRecords();
    var found =
        Until.found(
            () -> records.get().getValue().stream().filter(one -> one.getType() == CallType.GroupCall).toList());
    var whole =
        records
            .byCallRecordId(found.getId())
            .get(asked -> asked.queryParameters.expand = new String[] {"sessions($expand=segments)"});
    var sessions = whole.getSessions();
    assertEquals(1, sessions.size());
    assertEquals(2, sessions.get(0).getSegments().size(), "of the telephone, and of the meeting");
    assertEquals(instant(session.getStartTime()), sessions.get(0).getStartDateTime().toInstant());
    assertEquals(instant(session.getEndTime()), sessions.get(0).getEndDateTime().toInstant());
  }

  private static Instant instant(Timestamp time) {
    return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
  }
}
