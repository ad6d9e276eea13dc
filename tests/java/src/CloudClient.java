import com.google.api.client.http.HttpResponseException;
import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.rpc.ApiException;
import com.google.apps.meet.v2.ConferenceRecord;
import com.google.apps.meet.v2.ConferenceRecordsServiceClient;
import com.google.apps.meet.v2.ConferenceRecordsServiceSettings;
import com.google.apps.meet.v2.ListConferenceRecordsRequest;
import com.google.apps.meet.v2.ListParticipantSessionsRequest;
import com.google.apps.meet.v2.Participant;
import com.google.apps.meet.v2.ParticipantSession;
import com.google.apps.meet.v2.Recording;
import com.google.apps.meet.v2.Space;
import com.google.apps.meet.v2.SpacesServiceClient;
import com.google.apps.meet.v2.SpacesServiceSettings;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.gson.JsonParser;
import com.google.protobuf.FieldMask;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** `com.google.cloud:google-cloud-meet`, unmodified, on either of its transports. */
final class CloudClient implements Client {
  private final SpacesServiceClient spaces;
  private final ConferenceRecordsServiceClient records;

  private CloudClient(SpacesServiceSettings.Builder spaces, ConferenceRecordsServiceSettings.Builder records, Server server)
      throws IOException {
    var credentials = FixedCredentialsProvider.create(server.credentials());
    this.spaces =
        SpacesServiceClient.create(
            spaces.setEndpoint(server.endpoint()).setCredentialsProvider(credentials).build());
    this.records =
        ConferenceRecordsServiceClient.create(
            records.setEndpoint(server.endpoint()).setCredentialsProvider(credentials).build());
  }

  static CloudClient overGrpc(Server server) throws IOException {
    return new CloudClient(
        SpacesServiceSettings.newBuilder(), ConferenceRecordsServiceSettings.newBuilder(), server);
  }

  static CloudClient overRest(Server server) throws IOException {
    return new CloudClient(
        SpacesServiceSettings.newHttpJsonBuilder(), ConferenceRecordsServiceSettings.newHttpJsonBuilder(), server);
  }

  private static <T> T call(Supplier<T> call) {
    try {
      return call.get();
    } catch (ApiException error) {
      throw new Refused(codeOf(error), error);
    }
  }

  /** The canonical code of an error. Over REST this client derives its own from the HTTP status; the body has the real one. */
  static String codeOf(ApiException error) {
    if (!(error.getCause() instanceof HttpResponseException answer)) return error.getStatusCode().getCode().name();
    var body = JsonParser.parseString(answer.getContent()).getAsJsonObject();
    return body.getAsJsonObject("error").get("status").getAsString();
  }

  @Override
  public Space createSpace(Space space) {
    return call(() -> spaces.createSpace(space));
  }

  @Override
  public Space getSpace(String name) {
    return call(() -> spaces.getSpace(name));
  }

  @Override
  public Space updateSpace(Space space, String mask) {
    var paths = FieldMask.newBuilder().addAllPaths(List.of(mask.split(","))).build();
    return call(() -> spaces.updateSpace(space, paths));
  }

  @Override
  public void endActiveConference(String space) {
    call(
        () -> {
          spaces.endActiveConference(space);
          return null;
        });
  }

  @Override
  public ConferenceRecord record(String name) {
    return call(() -> records.getConferenceRecord(name));
  }

  @Override
  public List<ConferenceRecord> records(String filter) {
    var request = ListConferenceRecordsRequest.newBuilder().setFilter(filter).setPageSize(1).build();
    return call(() -> ImmutableList.copyOf(records.listConferenceRecords(request).iterateAll()));
  }

  @Override
  public Participant participant(String name) {
    return call(() -> records.getParticipant(name));
  }

  @Override
  public List<Participant> participants(String record) {
    return call(() -> ImmutableList.copyOf(records.listParticipants(record).iterateAll()));
  }

  @Override
  public ParticipantSession session(String name) {
    return call(() -> records.getParticipantSession(name));
  }

  @Override
  public List<ParticipantSession> sessions(String participant, String filter) {
    var request = ListParticipantSessionsRequest.newBuilder().setParent(participant).setFilter(filter).build();
    return call(() -> ImmutableList.copyOf(records.listParticipantSessions(request).iterateAll()));
  }

  @Override
  public List<Recording> recordings(String record) {
    return call(() -> ImmutableList.copyOf(records.listRecordings(record).iterateAll()));
  }

  @Override
  public Recording recording(String name) {
    return call(() -> records.getRecording(name));
  }

  @Override
  public List<Integer> artifacts(String record) {
    return call(() -> List.of(Iterables.size(records.listTranscripts(record).iterateAll())));
  }

  @Override
  public void close() {
    spaces.close();
    records.close();
  }
}
