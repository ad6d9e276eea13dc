import com.google.apps.meet.v2.ConferenceRecord;
import com.google.apps.meet.v2.Participant;
import com.google.apps.meet.v2.ParticipantSession;
import com.google.apps.meet.v2.Recording;
import com.google.apps.meet.v2.Space;
import java.util.List;

/**
 * What the journey asks of a client. Google publishes two for Java, with types of their own; here they speak the messages of the
 * contract. What a client refuses is thrown as {@link Refused}.
 */
interface Client extends AutoCloseable {
  Space createSpace(Space space);

  Space getSpace(String name);

  /** @param mask paths with commas between them */
  Space updateSpace(Space space, String mask);

  void endActiveConference(String space);

  ConferenceRecord record(String name);

  /** All pages of it, with one record on each. */
  List<ConferenceRecord> records(String filter);

  Participant participant(String name);

  List<Participant> participants(String record);

  ParticipantSession session(String name);

  List<ParticipantSession> sessions(String participant, String filter);

  List<Recording> recordings(String record);

  Recording recording(String name);

  /** How many there are of each other kind of artifact that this client knows. */
  List<Integer> artifacts(String record);

  @Override
  void close();

  /** An error of the contract, by its canonical code. */
  final class Refused extends RuntimeException {
    final String code;

    Refused(String code, Throwable cause) {
      super(code, cause);
      this.code = code;
    }
  }
}
