import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.googleapis.services.AbstractGoogleClientRequest;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.api.client.json.GenericJson;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.services.meet.v2.Meet;
import com.google.api.services.meet.v2.model.EndActiveConferenceRequest;
import com.google.apps.meet.v2.ConferenceRecord;
import com.google.apps.meet.v2.Participant;
import com.google.apps.meet.v2.ParticipantSession;
import com.google.apps.meet.v2.Recording;
import com.google.apps.meet.v2.Space;
import com.google.auth.http.HttpCredentialsAdapter;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** `com.google.apis:google-api-services-meet`, unmodified: REST, and every body that it sends is compressed. */
final class DiscoveryClient implements Client {
  private static final GsonFactory JSON = GsonFactory.getDefaultInstance();
  private final Meet meet;

  DiscoveryClient(Server server) {
    meet =
        new Meet.Builder(new NetHttpTransport(), JSON, new HttpCredentialsAdapter(server.credentials()))
            .setRootUrl("https://" + server.endpoint() + "/")
            .setApplicationName("journey")
            .build();
  }

  private interface Making<R> {
    R make() throws IOException;
  }

  private static <T> T call(Making<? extends AbstractGoogleClientRequest<T>> request) {
    try {
      return request.make().execute();
    } catch (GoogleJsonResponseException error) {
      throw new Refused((String) error.getDetails().get("status"), error);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /** The message of the contract that one of this client's own types is, as far as the other client knows its fields. */
  @SuppressWarnings("unchecked")
  private static <M extends Message> M message(GenericJson json, M type) {
    var builder = type.newBuilderForType();
    json.setFactory(JSON);
    try {
      JsonFormat.parser().ignoringUnknownFields().merge(json.toString(), builder);
    } catch (InvalidProtocolBufferException error) {
      throw new UncheckedIOException(error);
    }
    return (M) builder.build();
  }

  private static <M extends Message> List<M> messages(List<? extends GenericJson> page, M type) {
    return page == null ? List.of() : page.stream().map(json -> message(json, type)).toList();
  }

  private static com.google.api.services.meet.v2.model.Space json(Space space) {
    try {
      return JSON.fromString(JsonFormat.printer().print(space), com.google.api.services.meet.v2.model.Space.class);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public Space createSpace(Space space) {
    return message(call(() -> meet.spaces().create(json(space))), Space.getDefaultInstance());
  }

  @Override
  public Space getSpace(String name) {
    return message(call(() -> meet.spaces().get(name)), Space.getDefaultInstance());
  }

  @Override
  public Space updateSpace(Space space, String mask) {
    var changed = call(() -> meet.spaces().patch(space.getName(), json(space)).setUpdateMask(mask));
    return message(changed, Space.getDefaultInstance());
  }

  @Override
  public void endActiveConference(String space) {
    call(() -> meet.spaces().endActiveConference(space, new EndActiveConferenceRequest()));
  }

  @Override
  public ConferenceRecord record(String name) {
    return message(call(() -> meet.conferenceRecords().get(name)), ConferenceRecord.getDefaultInstance());
  }

  @Override
  public List<ConferenceRecord> records(String filter) {
    var found = new ArrayList<ConferenceRecord>();
    String token = null;
    do {
      var after = token;
      var page = call(() -> meet.conferenceRecords().list().setFilter(filter).setPageSize(1).setPageToken(after));
      found.addAll(messages(page.getConferenceRecords(), ConferenceRecord.getDefaultInstance()));
      token = page.getNextPageToken();
    } while (token != null);
    return found;
  }

  @Override
  public Participant participant(String name) {
    return message(call(() -> meet.conferenceRecords().participants().get(name)), Participant.getDefaultInstance());
  }

  @Override
  public List<Participant> participants(String record) {
    var page = call(() -> meet.conferenceRecords().participants().list(record));
    return messages(page.getParticipants(), Participant.getDefaultInstance());
  }

  @Override
  public ParticipantSession session(String name) {
    var found = call(() -> meet.conferenceRecords().participants().participantSessions().get(name));
    return message(found, ParticipantSession.getDefaultInstance());
  }

  @Override
  public List<ParticipantSession> sessions(String participant, String filter) {
    var sessions = meet.conferenceRecords().participants().participantSessions();
    var page = call(() -> sessions.list(participant).setFilter(filter));
    return messages(page.getParticipantSessions(), ParticipantSession.getDefaultInstance());
  }

  @Override
  public List<Recording> recordings(String record) {
    var page = call(() -> meet.conferenceRecords().recordings().list(record));
    return messages(page.getRecordings(), Recording.getDefaultInstance());
  }

  @Override
  public Recording recording(String name) {
    return message(call(() -> meet.conferenceRecords().recordings().get(name)), Recording.getDefaultInstance());
  }

  @Override
  public List<Integer> artifacts(String record) {
    var records = meet.conferenceRecords();
    return List.of(
        count(call(() -> records.transcripts().list(record)).getTranscripts()),
        count(call(() -> records.smartNotes().list(record)).getSmartNotes()));
  }

  private static int count(List<?> page) {
    return page == null ? 0 : page.size();
  }

  @Override
  public void close() {}
}
