import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.ClientCertificateCredentialBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.graph.communications.callrecords.CallRecordsRequestBuilder;
import com.microsoft.graph.core.content.BatchRequestContent;
import com.microsoft.graph.core.tasks.PageIterator;
import com.microsoft.graph.models.MeetingAttendanceReport;
import com.microsoft.graph.models.Subscription;
import com.microsoft.graph.models.callrecords.CallRecord;
import com.microsoft.graph.models.callrecords.CallRecordCollectionResponse;
import com.microsoft.graph.models.callrecords.CallType;
import com.microsoft.graph.models.callrecords.ParticipantEndpoint;
import com.microsoft.graph.models.callrecords.ServiceEndpoint;
import com.microsoft.graph.models.callrecords.Session;
import com.microsoft.graph.models.odataerrors.ODataError;
import com.microsoft.graph.serviceclient.GraphServiceClient;
import com.microsoft.kiota.serialization.KiotaJsonSerialization;
import com.microsoft.kiota.serialization.Parsable;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import reactor.core.publisher.Mono;

/**
 * Microsoft's Java client, signed in by its own credentials, against a server with a development certificate: it reads the call
 * records of five meetings that are over, of each of which it was told, and who attended them.
 */
class GraphTest {
  private static final String UNKNOWN = "00000000-0000-0000-0000-000000000000";
  private static final String ROLE = "CallRecords.Read.All";
  private static final String CLERKS_ROLE = "OnlineMeetingArtifact.Read.All";
  private static final String PAGES_OF_2 = "odata.maxpagesize=2";

  private static Receiver receiver;
  private static Server server;
  private static TokenCredential credential;
  private static GraphServiceClient graph;
  private static GraphServiceClient clerk;
  private static Subscription subscription;
  private static List<CallRecord> all;

  @BeforeAll
  static void start() throws Exception {
    receiver = new Receiver();
    var settings = Files.createTempFile("sederunt-java-", ".toml");
    // More than the other tests need, and soon used up.
    Files.writeString(settings, "[quotas]\nreads_per_app = 180\nreads_per_person = 180\n");
    server = new Server("--config", settings.toString(), "--notify-origin", receiver.origin());
    Files.delete(settings);
    credential = MicrosoftClient.withSecret(server, MicrosoftClient.application(server, ROLE));
    graph = MicrosoftClient.with(server, credential);
    clerk = MicrosoftClient.with(server, MicrosoftClient.withSecret(server, MicrosoftClient.application(server, CLERKS_ROLE)));
    subscription = graph.subscriptions().post(wish());
    var space = server.openSpace();
    for (var count = 0; count < 4; count++) server.gather(space, "", "Ada");
    server.gather(space, "", "Ada", "Bo", "Caro", "Dora");
    all = published(5);
    Until.found(() -> receiver.told().size() == 5 ? receiver.told() : List.of());
    graph.subscriptions().bySubscriptionId(subscription.getId()).delete();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    receiver.close();
  }

  private static CallRecordsRequestBuilder records() {
    return graph.communications().callRecords();
  }

  /** Each meeting has its record some seconds after it has ended. */
  private static List<CallRecord> published(int count) throws Exception {
    return Until.found(
        () -> {
          var found = records().get().getValue();
          return found.size() == count ? List.of(found) : List.of();
        });
  }

  private static List<String> ids(List<CallRecord> records) {
    return records.stream().map(CallRecord::getId).toList();
  }

  /** What the client understood, and what it kept besides, but for where it was read. */
  private static JsonElement plain(Parsable model) throws Exception {
    return anywhere(JsonParser.parseString(KiotaJsonSerialization.serializeAsString(model, false)));
  }

  private static List<JsonElement> plain(List<? extends Parsable> models) throws Exception {
    var all = new ArrayList<JsonElement>();
    for (var model : models) all.add(plain(model));
    return all;
  }

  private static JsonElement anywhere(JsonElement value) {
    if (value instanceof JsonArray array) array.forEach(GraphTest::anywhere);
    if (value instanceof JsonObject object) {
      object.keySet().removeIf(name -> name.endsWith("@odata.context"));
      object.asMap().values().forEach(GraphTest::anywhere);
    }
    return value;
  }

  private static void refused(int status, String code, Executable call) {
    var error = assertThrows(ODataError.class, call);
    assertEquals(status, error.getResponseStatusCode());
    assertEquals(code, error.getError().getCode());
    assertTrue(error.getError().getInnerError().getRequestId() != null);
  }

  @Test
  void listsInPages() throws Exception {
    var owner = ownerOf(all.get(0));
    var page =
        records()
            .get(
                asked -> {
                  asked.queryParameters.filter =
                      "startDateTime ge 2020-01-01T00:00:00Z and participants_v2/any(p:p/id eq '" + owner + "')";
                  asked.queryParameters.select = new String[] {"id", "version"};
                  asked.queryParameters.orderby = new String[] {"startDateTime desc"};
                  asked.queryParameters.top = 2;
                  asked.queryParameters.count = true;
                  asked.headers.add("Prefer", PAGES_OF_2);
                });
    assertEquals(5, page.getOdataCount());
    assertEquals(2, page.getValue().size());
    var seen = new ArrayList<CallRecord>();
    new PageIterator.Builder<CallRecord, CallRecordCollectionResponse>()
        .client(graph)
        .collectionPage(page)
        .collectionPageFactory(CallRecordCollectionResponse::createFromDiscriminatorValue)
        .processPageItemCallback(seen::add)
        .build()
        .iterate();
    assertEquals(ids(all), ids(seen));
    assertNull(seen.get(0).getEndDateTime());
    assertEquals(5, records().count().get());
  }

  private static String ownerOf(CallRecord record) {
    var participants = records().byCallRecordId(record.getId()).participantsV2().get().getValue();
    var owner =
        participants.stream()
            .filter(one -> one.getIdentity().getUser() != null && one.getIdentity().getUser().getDisplayName().equals("Owner"));
    return owner.findFirst().orElseThrow().getId();
  }

  @Test
  void expandedAndSeparatelyReadItIsTheSame() throws Exception {
    var one = records().byCallRecordId(all.get(0).getId());
    var whole =
        one.get(asked -> asked.queryParameters.expand = new String[] {"sessions($expand=segments)", "participants_v2"});
    assertEquals(CallType.GroupCall, whole.getType());
    assertEquals("Owner", whole.getOrganizerV2().getIdentity().getUser().getDisplayName());
    assertEquals(5, whole.getSessions().size());
    for (var session : whole.getSessions()) {
      assertInstanceOf(ParticipantEndpoint.class, session.getCaller());
      assertInstanceOf(ServiceEndpoint.class, session.getCallee());
      var of = one.sessions().bySessionId(session.getId());
      assertEquals(plain(session.getSegments()), plain(of.segments().get().getValue()));
    }
    assertEquals(plain(whole.getOrganizerV2()), plain(one.organizerV2().get()));
    assertEquals(plain(whole.getParticipantsV2()), plain(one.participantsV2().get().getValue()));
    var page =
        one.sessions()
            .get(
                asked -> {
                  asked.queryParameters.expand = new String[] {"segments"};
                  asked.headers.add("Prefer", PAGES_OF_2);
                });
    var sessions = new ArrayList<Session>(page.getValue());
    while (page.getOdataNextLink() != null) {
      assertEquals(0, sessions.size() % 2);
      page = one.sessions().withUrl(page.getOdataNextLink()).get();
      sessions.addAll(page.getValue());
    }
    assertEquals(plain(whole.getSessions()), plain(sessions));
    assertEquals(5, one.sessions().count().get());
  }

  @Test
  void severalRequestsInOne() throws Exception {
    var batch = new BatchRequestContent(graph);
    var known = batch.addBatchRequestStep(records().byCallRecordId(all.get(0).getId()).toGetRequestInformation());
    var unknown = batch.addBatchRequestStep(records().byCallRecordId(UNKNOWN).toGetRequestInformation());
    var answer = graph.getBatchRequestBuilder().post(batch, null);
    assertEquals(Map.of(known, 200, unknown, 404), new HashMap<>(answer.getResponsesStatusCode()));
    var record = answer.getResponseById(known, CallRecord::createFromDiscriminatorValue);
    assertEquals(plain(records().byCallRecordId(record.getId()).get()), plain(record));
  }

  @Test
  void telephoneCallsHaveNoneYet() {
    var until = OffsetDateTime.parse("2026-11-20T00:00:00Z");
    var calls = records().microsoftGraphCallRecordsGetPstnCallsWithFromDateTimeWithToDateTime(until.minusDays(19), until);
    assertEquals(List.of(), calls.get().getValue());
  }

  @Test
  void aCertificateInPlaceOfASecret() throws Exception {
    var key = server.data().resolve("key.pem").toString();
    var certificate = server.data().resolve("certificate.pem").toString();
    var openssl =
        new ProcessBuilder(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj",
                "/CN=Reports", "-days", "1")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertEquals(0, openssl.waitFor());
    var application = MicrosoftClient.application(server, ROLE, "--certificate", certificate);
    var both = Files.writeString(server.data().resolve("both.pem"), Files.readString(Path.of(key)) + Files.readString(Path.of(certificate)));
    var signed =
        new ClientCertificateCredentialBuilder()
            .authorityHost(server.url())
            .disableInstanceDiscovery()
            .tenantId(application.getProperty("AZURE_TENANT_ID"))
            .clientId(application.getProperty("AZURE_CLIENT_ID"))
            .pemCertificate(both.toString())
            .build();
    assertEquals(ids(all), ids(MicrosoftClient.with(server, signed).communications().callRecords().get().getValue()));
  }

  @Test
  void refusals() throws Exception {
    refused(404, "NotFound", () -> records().byCallRecordId(UNKNOWN).get());
    refused(403, "Forbidden", () -> clerk.communications().callRecords().get());
    var madeUpToken = new AccessToken("made-up", OffsetDateTime.now().plusHours(1));
    TokenCredential madeUp = context -> Mono.just(madeUpToken);
    refused(401, "InvalidAuthenticationToken", () -> MicrosoftClient.with(server, madeUp).communications().callRecords().get());
  }

  private static Subscription wish() {
    var wish = new Subscription();
    wish.setChangeType("created");
    wish.setResource("communications/callRecords");
    wish.setNotificationUrl(receiver.origin() + "/changes?of=mine");
    wish.setExpirationDateTime(OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).plusHours(24));
    wish.setClientState("s3cret");
    return wish;
  }

  @Test
  void whoeverSubscribedIsToldOfEachRecordOnce() {
    var told = new ArrayList<String>();
    for (var one : receiver.told()) {
      assertEquals(subscription.getId(), one.get("subscriptionId").getAsString());
      assertEquals("s3cret", one.get("clientState").getAsString());
      assertEquals("created", one.get("changeType").getAsString());
      var id = one.getAsJsonObject("resourceData").get("id").getAsString();
      assertEquals("communications/callRecords/" + id, one.get("resource").getAsString());
      told.add(id);
    }
    assertEquals(ids(all).stream().sorted().toList(), told.stream().sorted().toList());
  }

  /** Which is for another role. */
  @Test
  void whoAttendedAndForHowLong() throws Exception {
    var meetings = clerk.users().byUserId("owner@example.org").onlineMeetings();
    var address = "JoinWebUrl eq '" + all.get(0).getJoinWebUrl() + "'";
    var found = meetings.get(asked -> asked.queryParameters.filter = address).getValue();
    assertEquals(1, found.size());
    var reports = meetings.byOnlineMeetingId(found.get(0).getId()).attendanceReports();
    var listed = reports.get().getValue().stream().map(MeetingAttendanceReport::getId).toList();
    assertEquals(ids(all), listed);
    var one = reports.byMeetingAttendanceReportId(listed.get(0));
    var report = one.get(asked -> asked.queryParameters.expand = new String[] {"attendanceRecords"});
    assertEquals(5, report.getTotalParticipantCount());
    assertEquals(all.get(0).getStartDateTime(), report.getMeetingStartDateTime());
    var roles = new HashMap<String, String>();
    for (var record : report.getAttendanceRecords()) {
      var interval = record.getAttendanceIntervals().get(0);
      assertEquals(record.getTotalAttendanceInSeconds(), interval.getDurationInSeconds());
      roles.put(record.getIdentity().getDisplayName(), record.getRole());
    }
    var attendee = "Attendee";
    assertEquals(Map.of("Owner", "Organizer", "Ada", attendee, "Bo", attendee, "Caro", attendee, "Dora", attendee), roles);
    assertEquals(plain(report.getAttendanceRecords()), plain(one.attendanceRecords().get().getValue()));
    refused(403, "Forbidden", () -> graph.users().byUserId("owner@example.org").onlineMeetings().get(asked -> asked.queryParameters.filter = address));
  }

  @Test
  void theLifeOfASubscription() throws Exception {
    var wish = wish();
    var made = graph.subscriptions().post(wish);
    assertEquals(wish.getNotificationUrl(), made.getNotificationUrl());
    var renewal = new Subscription();
    renewal.setExpirationDateTime(wish.getExpirationDateTime().plusHours(24));
    var one = graph.subscriptions().bySubscriptionId(made.getId());
    assertTrue(renewal.getExpirationDateTime().isEqual(one.patch(renewal).getExpirationDateTime()));
    one.delete();
    assertEquals(List.of(), graph.subscriptions().get().getValue());
  }

  /** What is over the quota is refused with a time to wait, and the client waits and succeeds. */
  @Test
  void moreThanTheQuotaIsAskedAgainInTime() throws Exception {
    var context = new TokenRequestContext().addScopes(server.url() + "/.default");
    // An application of its own: what others may ask is not used up by it.
    var own = MicrosoftClient.withSecret(server, MicrosoftClient.application(server, ROLE));
    var http = HttpClient.newHttpClient();
    var request =
        HttpRequest.newBuilder(URI.create(server.url() + "/v1.0/communications/callRecords/$count"))
            .header("authorization", "Bearer " + own.getTokenSync(context).getToken())
            .build();
    HttpResponse<String> answer;
    do answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    while (answer.statusCode() == 200);
    assertEquals(429, answer.statusCode());
    assertTrue(answer.headers().firstValueAsLong("retry-after").orElseThrow() >= 1);
    assertEquals(5, MicrosoftClient.with(server, own).communications().callRecords().count().get());
  }
}
