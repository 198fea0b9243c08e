"""Pictures: fonts, shapes, icons, wallpaper, and the canvas that the shell and the apps paint on (Pillow)."""
