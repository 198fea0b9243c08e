"""Make the phrases callers hear (`src/parvis/voice/prompts/*.alaw`) with espeak-ng and sox: 8 kHz, A-law, no header.

    python deploy/voice_prompts.py

The phrases are ours; what espeak-ng says is not covered by its licence. Run again after changing a phrase.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "parvis" / "voice" / "prompts"
PHRASES = {
    "welcome": "Bonjour. Composez le code de votre réunion, puis dièse.",
    "wrong": "Ce code n’est pas celui d’une réunion ouverte. Composez-le de nouveau, puis dièse.",
    "no_more": "Le code n’a pas été reconnu. Vérifiez-le dans votre invitation, puis rappelez. Au revoir.",
    "waiting": "Vous êtes en salle d’attente. Patientez, un animateur va vous faire entrer.",
    "first": "Vous entrez dans la réunion. Vous êtes le premier.",
    "inside": "Vous entrez dans la réunion. Étoile 6 coupe votre micro. Étoile 5 lève la main.",
    "muted": "Micro coupé.",
    "unmuted": "Micro ouvert.",
    "muted_by_host": "L’animateur a coupé votre micro.",
    "not_your_turn": "Vous n’avez pas la parole. Étoile 5 pour la demander.",
    "unmute_asked": "Vous pouvez parler. Étoile 6 ouvre votre micro.",
    "floor_over": "Votre prise de parole est terminée. Votre micro est coupé.",
    "listening": "Vous écoutez la réunion. Votre micro est coupé.",
    "hand_up": "Main levée.",
    "hand_down": "Main baissée.",
    "ends_soon": "La réunion se termine dans cinq minutes.",
    "ended": "La réunion est terminée. Au revoir.",
    "sent_away": "Un animateur a mis fin à votre participation. Au revoir.",
    "locked": "Cette réunion est fermée aux nouveaux arrivants. Au revoir.",
    "full": "Cette réunion est complète. Au revoir.",
    "unavailable": "Le service est momentanément indisponible. Rappelez dans quelques minutes. Au revoir.",
}


def main() -> None:
    """Write every phrase."""
    FOLDER.mkdir(exist_ok=True)
    for name, phrase in PHRASES.items():
        spoken = subprocess.run(
            ["espeak-ng", "-v", "fr", "-s", "145", "-p", "40", "--stdout", phrase], check=True, capture_output=True
        ).stdout
        target = FOLDER / f"{name}.alaw"
        tone = ["highpass", "200", "lowpass", "3400", "gain", "-n", "-6", "pad", "0.2", "0.2"]
        raw = ["-t", "raw", "-e", "a-law", "-b", "8", "-r", "8000", "-c", "1", str(target)]
        # -R: the same dither each time, so that the files only change with the phrases.
        subprocess.run(["sox", "-R", "-t", "wav", "-", *raw, *tone], input=spoken, check=True)
        print(f"{name}: {target.stat().st_size / 8000:.1f} s")


if __name__ == "__main__":
    main()
