{
    "patcher": {
        "title": "score_bridge",
        "fileversion": 1,
        "appversion": {
            "major": 8,
            "minor": 5,
            "revision": 5,
            "architecture": "x64",
            "modernui": 1
        },
        "classnamespace": "box",
        "rect": [
            85,
            104,
            880,
            650
        ],
        "bglocked": 0,
        "openinpresentation": 0,
        "default_fontsize": 12.0,
        "default_fontface": 0,
        "default_fontname": "Arial",
        "gridonopen": 1,
        "gridsize": [
            15.0,
            15.0
        ],
        "gridsnaponopen": 1,
        "objectsnaponopen": 1,
        "statusbarvisible": 2,
        "toolbarvisible": 1,
        "lefttoolbarpinned": 0,
        "toptoolbarpinned": 0,
        "righttoolbarpinned": 0,
        "bottomtoolbarpinned": 0,
        "toolbars_unpinned_last_save": 0,
        "tallnewobj": 0,
        "boxanimatetime": 200,
        "enablehscroll": 1,
        "enablevscroll": 1,
        "devicewidth": 0.0,
        "description": "",
        "digest": "",
        "tags": "",
        "style": "",
        "subpatcher_template": "",
        "assistshowspatchername": 0,
        "boxes": [
            {
                "box": {
                    "id": "title",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        20,
                        10,
                        500,
                        22
                    ],
                    "text": "score_bridge: start `score-bridge serve`, switch on, move the sliders"
                }
            },
            {
                "box": {
                    "id": "loadbang",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        20,
                        40,
                        70,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "loadbang"
                }
            },
            {
                "box": {
                    "id": "hello_again",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        100,
                        40,
                        80,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "metro 5000"
                }
            },
            {
                "box": {
                    "id": "hello",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        20,
                        70,
                        160,
                        22
                    ],
                    "text": "/score/hello Max 9903",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "on",
                    "maxclass": "toggle",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        200,
                        40,
                        24,
                        24
                    ],
                    "outlettype": [
                        "int"
                    ]
                }
            },
            {
                "box": {
                    "id": "on_says",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        230,
                        42,
                        230,
                        22
                    ],
                    "text": "send the sliders, 30 times a second"
                }
            },
            {
                "box": {
                    "id": "metro",
                    "maxclass": "newobj",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        200,
                        75,
                        70,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "metro 33"
                }
            },
            {
                "box": {
                    "id": "sliders",
                    "maxclass": "multislider",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        200,
                        105,
                        200,
                        100
                    ],
                    "outlettype": [
                        "",
                        ""
                    ],
                    "size": 4,
                    "setminmax": [
                        0.0,
                        1.0
                    ],
                    "setstyle": 1
                }
            },
            {
                "box": {
                    "id": "features",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        200,
                        215,
                        180,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /score/features max"
                }
            },
            {
                "box": {
                    "id": "tempo",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        420,
                        105,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "tempo_says",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        485,
                        107,
                        120,
                        22
                    ],
                    "text": "tempo, 20 to 300"
                }
            },
            {
                "box": {
                    "id": "set_tempo",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        420,
                        135,
                        140,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /score/tempo"
                }
            },
            {
                "box": {
                    "id": "temperature",
                    "maxclass": "flonum",
                    "numinlets": 1,
                    "numoutlets": 2,
                    "patching_rect": [
                        420,
                        170,
                        60,
                        22
                    ],
                    "outlettype": [
                        "",
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "temperature_says",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        485,
                        172,
                        130,
                        22
                    ],
                    "text": "temperature, 0 to 2"
                }
            },
            {
                "box": {
                    "id": "set_temperature",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        420,
                        200,
                        215,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend /score/set max temperature"
                }
            },
            {
                "box": {
                    "id": "start",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        640,
                        105,
                        110,
                        22
                    ],
                    "text": "/score/start max",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "stop",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        640,
                        135,
                        110,
                        22
                    ],
                    "text": "/score/stop max",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "panic",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        640,
                        165,
                        85,
                        22
                    ],
                    "text": "/score/panic",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "send",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        20,
                        260,
                        170,
                        22
                    ],
                    "outlettype": [],
                    "text": "udpsend 127.0.0.1 9901"
                }
            },
            {
                "box": {
                    "id": "receive",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        20,
                        300,
                        120,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "udpreceive 9903"
                }
            },
            {
                "box": {
                    "id": "route",
                    "maxclass": "newobj",
                    "numinlets": 5,
                    "numoutlets": 5,
                    "patching_rect": [
                        20,
                        330,
                        400,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "route /score/note /score/noteoff /score/status /score/error"
                }
            },
            {
                "box": {
                    "id": "note_says",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        20,
                        362,
                        290,
                        22
                    ],
                    "text": "stream id pitch velocity channel seconds delay_ms voice"
                }
            },
            {
                "box": {
                    "id": "note",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 8,
                    "patching_rect": [
                        20,
                        385,
                        170,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "unpack s 0 0 0 0 0. 0. 0"
                }
            },
            {
                "box": {
                    "id": "note_waits",
                    "maxclass": "newobj",
                    "numinlets": 5,
                    "numoutlets": 4,
                    "patching_rect": [
                        20,
                        420,
                        100,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "pipe 0 0 0 0 0"
                }
            },
            {
                "box": {
                    "id": "noteoff_says",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        320,
                        362,
                        200,
                        22
                    ],
                    "text": "stream id pitch channel delay_ms voice"
                }
            },
            {
                "box": {
                    "id": "noteoff",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 6,
                    "patching_rect": [
                        320,
                        385,
                        130,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "unpack s 0 0 0 0. 0"
                }
            },
            {
                "box": {
                    "id": "noteoff_waits",
                    "maxclass": "newobj",
                    "numinlets": 5,
                    "numoutlets": 4,
                    "patching_rect": [
                        320,
                        420,
                        100,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "pipe 0 0 0 0 0"
                }
            },
            {
                "box": {
                    "id": "noteout",
                    "maxclass": "newobj",
                    "numinlets": 3,
                    "numoutlets": 0,
                    "patching_rect": [
                        20,
                        470,
                        70,
                        22
                    ],
                    "outlettype": [],
                    "text": "noteout"
                }
            },
            {
                "box": {
                    "id": "voice_says",
                    "maxclass": "comment",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        320,
                        455,
                        330,
                        22
                    ],
                    "text": "pitch and velocity of each voice; velocity 0 ends a note"
                }
            },
            {
                "box": {
                    "id": "voice_packed",
                    "maxclass": "newobj",
                    "numinlets": 3,
                    "numoutlets": 1,
                    "patching_rect": [
                        120,
                        470,
                        80,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "pack 0 0 0"
                }
            },
            {
                "box": {
                    "id": "voice_first",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        120,
                        500,
                        80,
                        22
                    ],
                    "text": "$3 $1 $2",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "voice",
                    "maxclass": "newobj",
                    "numinlets": 8,
                    "numoutlets": 8,
                    "patching_rect": [
                        120,
                        530,
                        100,
                        22
                    ],
                    "outlettype": [
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        "",
                        ""
                    ],
                    "text": "route 0 1 2 3 4 5 6"
                }
            },
            {
                "box": {
                    "id": "lead",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        120,
                        570,
                        115,
                        22
                    ],
                    "outlettype": [],
                    "text": "s score-lead"
                }
            },
            {
                "box": {
                    "id": "chords",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        245,
                        570,
                        115,
                        22
                    ],
                    "outlettype": [],
                    "text": "s score-chords"
                }
            },
            {
                "box": {
                    "id": "bass",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        370,
                        570,
                        115,
                        22
                    ],
                    "outlettype": [],
                    "text": "s score-bass"
                }
            },
            {
                "box": {
                    "id": "drums",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        495,
                        570,
                        115,
                        22
                    ],
                    "outlettype": [],
                    "text": "s score-drums"
                }
            },
            {
                "box": {
                    "id": "violin2",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        120,
                        600,
                        115,
                        22
                    ],
                    "outlettype": [],
                    "text": "s score-violin2"
                }
            },
            {
                "box": {
                    "id": "viola",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        245,
                        600,
                        115,
                        22
                    ],
                    "outlettype": [],
                    "text": "s score-viola"
                }
            },
            {
                "box": {
                    "id": "cello",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        370,
                        600,
                        115,
                        22
                    ],
                    "outlettype": [],
                    "text": "s score-cello"
                }
            },
            {
                "box": {
                    "id": "status",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 1,
                    "patching_rect": [
                        550,
                        385,
                        80,
                        22
                    ],
                    "outlettype": [
                        ""
                    ],
                    "text": "prepend set"
                }
            },
            {
                "box": {
                    "id": "status_shown",
                    "maxclass": "message",
                    "numinlets": 2,
                    "numoutlets": 1,
                    "patching_rect": [
                        550,
                        420,
                        300,
                        22
                    ],
                    "text": "status",
                    "outlettype": [
                        ""
                    ]
                }
            },
            {
                "box": {
                    "id": "error",
                    "maxclass": "newobj",
                    "numinlets": 1,
                    "numoutlets": 0,
                    "patching_rect": [
                        650,
                        330,
                        110,
                        22
                    ],
                    "outlettype": [],
                    "text": "print score-error"
                }
            }
        ],
        "lines": [
            {
                "patchline": {
                    "source": [
                        "loadbang",
                        0
                    ],
                    "destination": [
                        "hello_again",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "hello_again",
                        0
                    ],
                    "destination": [
                        "hello",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "hello",
                        0
                    ],
                    "destination": [
                        "send",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "on",
                        0
                    ],
                    "destination": [
                        "metro",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "metro",
                        0
                    ],
                    "destination": [
                        "sliders",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "sliders",
                        0
                    ],
                    "destination": [
                        "features",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "features",
                        0
                    ],
                    "destination": [
                        "send",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "tempo",
                        0
                    ],
                    "destination": [
                        "set_tempo",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "set_tempo",
                        0
                    ],
                    "destination": [
                        "send",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "temperature",
                        0
                    ],
                    "destination": [
                        "set_temperature",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "set_temperature",
                        0
                    ],
                    "destination": [
                        "send",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "start",
                        0
                    ],
                    "destination": [
                        "send",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "stop",
                        0
                    ],
                    "destination": [
                        "send",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "panic",
                        0
                    ],
                    "destination": [
                        "send",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "receive",
                        0
                    ],
                    "destination": [
                        "route",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "route",
                        0
                    ],
                    "destination": [
                        "note",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "note",
                        2
                    ],
                    "destination": [
                        "note_waits",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "note",
                        3
                    ],
                    "destination": [
                        "note_waits",
                        1
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "note",
                        4
                    ],
                    "destination": [
                        "note_waits",
                        2
                    ],
                    "order": 2
                }
            },
            {
                "patchline": {
                    "source": [
                        "note",
                        6
                    ],
                    "destination": [
                        "note_waits",
                        4
                    ],
                    "order": 3
                }
            },
            {
                "patchline": {
                    "source": [
                        "note",
                        7
                    ],
                    "destination": [
                        "note_waits",
                        3
                    ],
                    "order": 4
                }
            },
            {
                "patchline": {
                    "source": [
                        "route",
                        1
                    ],
                    "destination": [
                        "noteoff",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff",
                        2
                    ],
                    "destination": [
                        "noteoff_waits",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff",
                        3
                    ],
                    "destination": [
                        "noteoff_waits",
                        2
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff",
                        4
                    ],
                    "destination": [
                        "noteoff_waits",
                        4
                    ],
                    "order": 2
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff",
                        5
                    ],
                    "destination": [
                        "noteoff_waits",
                        3
                    ],
                    "order": 3
                }
            },
            {
                "patchline": {
                    "source": [
                        "note_waits",
                        0
                    ],
                    "destination": [
                        "noteout",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "note_waits",
                        1
                    ],
                    "destination": [
                        "noteout",
                        1
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "note_waits",
                        2
                    ],
                    "destination": [
                        "noteout",
                        2
                    ],
                    "order": 2
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff_waits",
                        0
                    ],
                    "destination": [
                        "noteout",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff_waits",
                        1
                    ],
                    "destination": [
                        "noteout",
                        1
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff_waits",
                        2
                    ],
                    "destination": [
                        "noteout",
                        2
                    ],
                    "order": 2
                }
            },
            {
                "patchline": {
                    "source": [
                        "note_waits",
                        0
                    ],
                    "destination": [
                        "voice_packed",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "note_waits",
                        1
                    ],
                    "destination": [
                        "voice_packed",
                        1
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "note_waits",
                        3
                    ],
                    "destination": [
                        "voice_packed",
                        2
                    ],
                    "order": 2
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff_waits",
                        0
                    ],
                    "destination": [
                        "voice_packed",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff_waits",
                        1
                    ],
                    "destination": [
                        "voice_packed",
                        1
                    ],
                    "order": 1
                }
            },
            {
                "patchline": {
                    "source": [
                        "noteoff_waits",
                        3
                    ],
                    "destination": [
                        "voice_packed",
                        2
                    ],
                    "order": 2
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice_packed",
                        0
                    ],
                    "destination": [
                        "voice_first",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice_first",
                        0
                    ],
                    "destination": [
                        "voice",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice",
                        0
                    ],
                    "destination": [
                        "lead",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice",
                        1
                    ],
                    "destination": [
                        "chords",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice",
                        2
                    ],
                    "destination": [
                        "bass",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice",
                        3
                    ],
                    "destination": [
                        "drums",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice",
                        4
                    ],
                    "destination": [
                        "violin2",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice",
                        5
                    ],
                    "destination": [
                        "viola",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "voice",
                        6
                    ],
                    "destination": [
                        "cello",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "route",
                        2
                    ],
                    "destination": [
                        "status",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "status",
                        0
                    ],
                    "destination": [
                        "status_shown",
                        0
                    ],
                    "order": 0
                }
            },
            {
                "patchline": {
                    "source": [
                        "route",
                        3
                    ],
                    "destination": [
                        "error",
                        0
                    ],
                    "order": 0
                }
            }
        ],
        "dependency_cache": [],
        "autosave": 0
    }
}